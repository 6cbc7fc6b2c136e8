// Package lines is the loop of a peer; tests/interop/peer.py describes its input and output.
package lines

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

// ErrAbsent is wrapped by the answer that there is no interface for the request.
var ErrAbsent = errors.New("absent")

// Bytes are hexadecimal in JSON.
type Bytes []byte

// UnmarshalText decodes them.
func (b *Bytes) UnmarshalText(text []byte) (err error) {
	*b, err = hex.DecodeString(string(text))
	return err
}

// MarshalText encodes them.
func (b Bytes) MarshalText() ([]byte, error) {
	return []byte(hex.EncodeToString(b)), nil
}

// A Request has the fields of its operation.
type Request struct {
	Op, Set, Form, Private, Public, Prehash                    string
	Key, Ciphertext, Message, Context, Signature, Info, Sealed Bytes
	Randomness                                                 Bytes
	Deterministic                                              bool
}

// Result holds the results: Bytes, bool or string.
type Result map[string]any

// Operations are the operations of a peer by their names.
type Operations map[string]func(Request) (Result, error)

func (operations Operations) try(request Request) (result Result, err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("panic: %v", panicked)
		}
	}()
	operation, known := operations[request.Op]
	if !known {
		return nil, fmt.Errorf("%s: %w", request.Op, ErrAbsent)
	}
	return operation(request)
}

func (operations Operations) answer(line []byte) any {
	var request Request
	err := json.Unmarshal(line, &request)
	var result Result
	if err == nil {
		result, err = operations.try(request)
	}
	switch {
	case errors.Is(err, ErrAbsent):
		return map[string]string{"absent": err.Error()}
	case err != nil:
		return map[string]string{"refused": err.Error()}
	}
	return map[string]any{"ok": result}
}

// Serve answers requests until the input ends.
func (operations Operations) Serve() {
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(nil, 1<<20)
	output := json.NewEncoder(os.Stdout)
	for input.Scan() {
		if err := output.Encode(operations.answer(input.Bytes())); err != nil {
			panic(err)
		}
	}
}
