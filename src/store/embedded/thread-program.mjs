// The embedded database's own thread: it computes and reads files without pause, for seconds at its start. Plain JavaScript, because a
// thread is started from a file, and this one must be the same whether the program was compiled or is run by the tests.
import { existsSync, renameSync, rmSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';

/** @typedef {import('./messages.js').Answer} Answer */

const { directory } = /** @type {import('./messages.js').ThreadData} */ (workerData);
const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);

/** @param {Answer} answer */
const tell = (answer) => port.postMessage(answer);

/** @param {unknown} error @returns {import('./messages.js').Failure} */
const failureOf = (error) => {
  const { message, code } = /** @type {{ message?: unknown, code?: unknown }} */ (error ?? {});
  return { message: String(message ?? error), code: typeof code === 'string' ? code : '' };
};

/** Beside its place, and moved there when it is whole: one that was interrupted would be taken for a database for ever. */
async function make() {
  const unfinished = `${directory}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  const made = await PGlite.create(unfinished);
  await made.close();
  renameSync(unfinished, directory);
}

/** @param {PGlite} database */
function serve(database) {
  port.on('message', (/** @type {import('./messages.js').Request} */ request) => {
    if (request === 'close') {
      void database
        .close()
        .catch(() => undefined)
        .finally(() => {
          tell('closed');
          port.close();
        });
      return;
    }
    const { id, sql, parameters } = request;
    database.query(sql, [...parameters]).then(
      ({ rows, affectedRows }) => tell({ id, rows, affected: affectedRows ?? 0 }),
      (error) => tell({ id, failure: failureOf(error) }),
    );
  });
}

/** @param {unknown} error */
const refuse = (error) => {
  tell({ refused: failureOf(error) });
  port.close();
};

if (existsSync(directory)) {
  PGlite.create(directory).then((database) => {
    serve(database);
    tell('open');
  }, refuse);
} else {
  // The memory that this takes is free again only when the thread has ended.
  make().then(() => {
    tell('made');
    port.close();
  }, refuse);
}
