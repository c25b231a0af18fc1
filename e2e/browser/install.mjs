// Installs what the browser test needs from npm, once per machine and version, and prints the folder that it is in.
//
// It lies beside the other tools, outside the checkout: in CLOAKROOM_CACHE, or the user's cache folder.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const NODE_MIN = 20;
const FILES = ['package.json', 'package-lock.json'];

function fail(message) {
  console.error(message);
  process.exit(1);
}

if (Number(process.versions.node.split('.')[0]) < NODE_MIN) {
  fail(`this is Node.js ${process.versions.node}; install version ${NODE_MIN} or later`);
}

const { CLOAKROOM_CACHE, XDG_CACHE_HOME } = process.env;
const cache = CLOAKROOM_CACHE || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'cloakroom');
const here = import.meta.dirname;

const hash = createHash('sha256');
FILES.forEach((file) => hash.update(readFileSync(join(here, file))));
const installed = join(cache, 'tools', `browser-${hash.digest('hex').slice(0, 16)}`);

if (!existsSync(installed)) {
  mkdirSync(join(cache, 'tools'), { recursive: true });
  // Installed beside its place and renamed into it, so that a folder which is there is complete.
  const installing = mkdtempSync(join(cache, 'tools', 'browser-new-'));
  FILES.forEach((file) => copyFileSync(join(here, file), join(installing, file)));
  const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: installing,
    stdio: ['ignore', 2, 2],
  });
  if (npm.status !== 0) {
    rmSync(installing, { recursive: true });
    fail(npm.error ? `npm cannot be started: ${npm.error.message}` : 'npm ci failed; see above');
  }
  try {
    renameSync(installing, installed);
  } catch (error) {
    rmSync(installing, { recursive: true });
    // Somebody else was faster.
    if (!existsSync(installed)) throw error;
  }
}
console.log(installed);
