"""The migration kit: an authentication service moves its tokens from classical to post-quantum signatures."""
