module example.com/qynauth/pqc

go 1.24
