// Authority serves a development CA on loopback until it is killed, and leaves
// what other programs sign with in a directory: roots.pem, key.pem, cert.pem,
// chain.pem, and url last of all.
package main

import (
	"crypto/x509"
	"encoding/pem"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/dajiaqian/dajiaqian/signer/devca"
)

func main() {
	dir := os.Args[1]
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	url := "http://" + l.Addr().String()
	ca, err := devca.New(devca.Config{Now: time.Now, Algorithm: devca.RSA2048, URL: url})
	if err != nil {
		log.Fatal(err)
	}
	cred, err := ca.Issue(devca.Subject{Company: "上海测试科技有限公司", Code: "91310115591693856A", Seal: "公章"})
	if err != nil {
		log.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(cred.Key)
	if err != nil {
		log.Fatal(err)
	}
	for name, b := range map[string]*pem.Block{
		"roots.pem": {Type: "CERTIFICATE", Bytes: ca.Root().Raw},
		"key.pem":   {Type: "PRIVATE KEY", Bytes: key},
		"cert.pem":  {Type: "CERTIFICATE", Bytes: cred.Chain[0].Raw},
		"chain.pem": {Type: "CERTIFICATE", Bytes: cred.Chain[1].Raw},
	} {
		write(filepath.Join(dir, name), pem.EncodeToMemory(b))
	}
	write(filepath.Join(dir, "url"), []byte(url))
	log.Fatal(http.Serve(l, ca.Handler()))
}

func write(path string, b []byte) {
	if err := os.WriteFile(path, b, 0o600); err != nil {
		log.Fatal(err)
	}
}
