// Node's own http server. /chain goes on to the URLs that are given as arguments, with http.get or,
// when the first argument is `fetch`, with fetch.
'use strict';
const http = require('http');

const useFetch = process.argv[2] === 'fetch';
const upstreams = process.argv.slice(useFetch ? 3 : 2);
const agent = new http.Agent({ keepAlive: true });

function httpGet(url) {
  return new Promise((resolve, reject) => {
    http.get(url, { agent }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (piece) => { body += piece; });
      response.on('end', () => resolve(body));
    }).on('error', reject);
  });
}

const get = useFetch ? async (url) => (await fetch(url)).text() : httpGet;

const server = http.createServer(async (request, response) => {
  let body = `node ${request.url}\n`;
  if (request.url.startsWith('/chain/')) {
    for (const upstream of upstreams) body += await get(upstream + request.url);
  }
  if (request.url === '/events') {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    for (let i = 0; i < 5; i++) {
      response.write(`data: ${i}\n\n`);
      await new Promise((resolve) => { setTimeout(resolve, 10); });
    }
    return response.end();
  }
  response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': body.length });
  response.end(body);
});

server.listen(0, '127.0.0.1', () => console.log(`listening on ${server.address().port}`));
