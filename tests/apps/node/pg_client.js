// Statements of each kind over pg: pg_client.js URI
'use strict';
const { Client } = require('pg');

(async () => {
  const client = new Client(process.argv[2]);
  await client.connect();
  console.log((await client.query('SELECT n FROM numbers WHERE id = 7')).rows);
  console.log((await client.query('SELECT n FROM numbers WHERE id = $1', [8])).rows);
  for (const id of [9, 10]) {
    console.log((await client.query({
      name: 'by-id', text: 'SELECT word FROM numbers WHERE id = $1', values: [id],
    })).rows);
  }
  await client.query('SELECT missing FROM numbers').catch((error) => console.log(error.code));
  await client.end();
})();
