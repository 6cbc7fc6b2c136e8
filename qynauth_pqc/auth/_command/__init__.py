"""The commands of the migration kit, which `qynauth_pqc.cli` imports when they are named."""
