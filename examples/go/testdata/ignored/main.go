// Command ignored drops the result of a verification, which `go vet` must find.
package main

import "example.com/qynauth/pqc"

func main() {
	pqc.Verify(nil, nil, nil, nil)
}
