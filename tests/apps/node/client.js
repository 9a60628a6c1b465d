// Requests one after the other: client.js http|fetch COUNT URL, `{}` becomes the number.
'use strict';
const http = require('http');

const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

function httpGet(url) {
  return new Promise((resolve, reject) => {
    http.get(url, { agent }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (piece) => { body += piece; });
      response.on('end', () => resolve([response.statusCode, body]));
    }).on('error', reject);
  });
}

async function fetchGet(url) {
  const response = await fetch(url);
  return [response.status, await response.text()];
}

(async () => {
  const [kind, count, url] = process.argv.slice(2);
  const get = kind === 'fetch' ? fetchGet : httpGet;
  for (let i = 0; i < Number(count); i++) {
    const [status, body] = await get(url.replace('{}', i));
    process.stdout.write(`${status} ${body}`);
  }
  agent.destroy();
})();
