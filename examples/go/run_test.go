package pqc_test

import "fmt"

func Example() {
	fmt.Println(signAndVerify([]byte("message")))
	// Output: <nil>
}
