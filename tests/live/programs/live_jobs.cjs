// The jobs that a product's worker on Node runs: they do as they should once the file `mended` is there.
const { existsSync, renameSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

async function run(name, folder) {
  if (existsSync(join(folder, 'mended'))) {
    writeFileSync(join(folder, `${name}-done`), '');
  } else if (name === 'fail') {
    throw new RangeError('not mended yet');
  } else {
    writeFileSync(join(folder, 'slow-began.part'), String(process.pid));
    renameSync(join(folder, 'slow-began.part'), join(folder, 'slow-began'));
    await new Promise((resolve) => setTimeout(resolve, 600_000));
  }
}

module.exports = { run };
