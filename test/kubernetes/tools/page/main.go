// Serves a page that says which Pod and node it came from, and whose address asked for it. Static: its image holds nothing else.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
)

func main() {
	http.HandleFunc("/", func(response http.ResponseWriter, request *http.Request) {
		response.Header().Set("X-Node", os.Getenv("NODE_NAME"))
		response.Header().Set("X-Pod", os.Getenv("POD_NAME"))
		response.Header().Set("X-Client", request.RemoteAddr)
		// Every request is a new connection, so that a probe sees each new decision of kube-proxy.
		response.Header().Set("Connection", "close")
		fmt.Fprintf(response, "Hello from %s on %s\n", os.Getenv("POD_NAME"), os.Getenv("NODE_NAME"))
	})
	log.Fatal(http.ListenAndServe(os.Getenv("LISTEN"), nil))
}
