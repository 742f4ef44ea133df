// A web page on port 80 that says which node it came from: stands in for kube-proxy and a Pod.
import { createServer } from 'node:http';

const node = process.argv[2] ?? 'unknown';
createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/plain', 'x-node': node, connection: 'close' });
  response.end(`Hello from ${node}\n`);
}).listen(80, () => console.log('listening'));
