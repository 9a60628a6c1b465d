// Statements of each kind over mysql2: mysql2_client.js PORT
'use strict';
const mysql = require('mysql2/promise');

(async () => {
  const client = await mysql.createConnection({
    host: '127.0.0.1', port: Number(process.argv[2]), user: 'tester', database: 'shop',
  });
  console.log((await client.query('SELECT n FROM numbers WHERE id = ?', [7]))[0]);
  for (const id of [8, 9]) {
    console.log((await client.execute('SELECT word FROM numbers WHERE id = ?', [id]))[0]);
  }
  await client.query('SELECT missing FROM numbers').catch((error) => console.log(error.errno));
  await client.end();
})();
