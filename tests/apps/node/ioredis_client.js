// Commands of each kind over ioredis: ioredis_client.js PORT
'use strict';
const Redis = require('ioredis');

(async () => {
  const client = new Redis({
    port: Number(process.argv[2]), host: '127.0.0.1', enableReadyCheck: false,
  });
  console.log(await client.set('io:a', 'one'), await client.get('io:a'), await client.get('io:no'));
  console.log(await client.pipeline().incr('io:n').incr('io:n').get('io:n').exec());
  console.log(await client.multi().set('io:t', 1).get('io:t').exec());
  await client.lpush('io:a', 1).catch((error) => console.log(error.message));
  console.log(await client.del('io:a', 'io:n', 'io:t'));
  await client.quit();
})();
