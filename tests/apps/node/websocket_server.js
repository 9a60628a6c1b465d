// A WebSocket echo server without a library: after the 101 every byte that comes goes back, with
// each frame's payload unmasked, and some of the frames look like HTTP.
'use strict';
const crypto = require('crypto');
const http = require('http');

const server = http.createServer((request, response) => response.end('plain\n'));

server.on('upgrade', (request, socket, head) => {
  const accept = crypto.createHash('sha1')
    .update(request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11')
    .digest('base64');
  socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n'
    + `Connection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
  let pending = head;
  socket.on('data', (piece) => {
    pending = Buffer.concat([pending, piece]);
    for (;;) {
      if (pending.length < 6) return;
      const size = pending[1] & 0x7f;  // test frames are short
      if (pending.length < 6 + size) return;
      const payload = Buffer.from(pending.subarray(6, 6 + size));
      for (let i = 0; i < size; i++) payload[i] ^= pending[2 + (i & 3)];
      pending = pending.subarray(6 + size);
      socket.write(Buffer.concat([Buffer.from([0x82, size]), payload]));
    }
  });
  socket.on('error', () => {});
  socket.on('end', () => socket.end());
});

server.listen(0, '127.0.0.1', () => console.log(`listening on ${server.address().port}`));
