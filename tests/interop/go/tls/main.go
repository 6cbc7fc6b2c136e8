// A peer of the tests of the provider: TLS 1.3 with one group of Go's standard library.
//
// "tls client GROUP PORT CERTIFICATE" connects to a server on this machine, and "tls server GROUP CERTIFICATE KEY" prints its port and
// serves one client. Both print the group of the connection.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
)

var groups = map[string]tls.CurveID{
	"X25519MLKEM768":     tls.X25519MLKEM768,
	"SecP256r1MLKEM768":  tls.SecP256r1MLKEM768,
	"SecP384r1MLKEM1024": tls.SecP384r1MLKEM1024,
}

func config(group string) *tls.Config {
	return &tls.Config{CurvePreferences: []tls.CurveID{groups[group]}, MinVersion: tls.VersionTLS13}
}

func report(connection *tls.Conn) error {
	if err := connection.Handshake(); err != nil {
		return err
	}
	_, err := fmt.Println(connection.ConnectionState().CurveID)
	return err
}

func client(group, port, certificate string) error {
	pem, err := os.ReadFile(certificate)
	if err != nil {
		return err
	}
	settings := config(group)
	settings.RootCAs = x509.NewCertPool()
	settings.RootCAs.AppendCertsFromPEM(pem)
	settings.ServerName = "localhost"
	connection, err := tls.Dial("tcp", net.JoinHostPort("127.0.0.1", port), settings)
	if err != nil {
		return err
	}
	defer connection.Close()
	return report(connection)
}

func server(group, certificate, key string) error {
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer listener.Close()
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	accepted, err := listener.Accept()
	if err != nil {
		return err
	}
	settings := config(group)
	settings.Certificates = []tls.Certificate{pair}
	connection := tls.Server(accepted, settings)
	defer connection.Close()
	return report(connection)
}

func run(arguments []string) error {
	if len(arguments) != 4 {
		return errors.New("expected client GROUP PORT CERTIFICATE, or server GROUP CERTIFICATE KEY")
	}
	action := map[string]func(string, string, string) error{"client": client, "server": server}[arguments[0]]
	return action(arguments[1], arguments[2], arguments[3])
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
