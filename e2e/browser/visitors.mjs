// Visitors of the example shop, in a real browser: each clicks on and on, knows what the next page has to show, and
// looks whether it does. One JSON line for each click; they leave when standard input ends, and the last line sums up.
//
//   node visitors.mjs MODULES CHROMIUM URL COUNT

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [modules, executablePath, url, count] = process.argv.slice(2);
const { chromium } = await import(pathToFileURL(join(modules, 'node_modules/playwright-core/index.mjs')));

const GOODS = 6;
// Each of a hundred clicks of somebody who goes on shopping.
const HABITS = [['add', 55], ['remove', 20], ['look', 15], ['order', 5], ['return', 5]];
// The first ones keep their sessions from the beginning to the end, for whoever kills the nodes that have them.
const FAITHFUL = 2;
// Longer than a shop may try.
const PATIENCE_MS = 60_000;
// What people think between two clicks, divided by ten.
const THINK_MS = 100;

// The same clicks in every run.
let seed = 42;
function draw(below) {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return Math.floor((seed / 2 ** 32) * below);
}

const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const troubles = [];
const times = [];
let wrong = 0;

class Visitor {
  constructor(number, page) {
    this.number = number;
    this.page = page;
    this.name = `Visitor <${number}>`;
    this.cart = {};
    const trouble = (what) => troubles.push(`visitor ${number}: ${what}`);
    page.setDefaultTimeout(PATIENCE_MS);
    page.on('pageerror', (error) => trouble(`page error: ${error.message}`));
    page.on('console', (message) => message.type() === 'error' && trouble(`console: ${message.text()}`));
    page.on('requestfailed', (request) => trouble(`request failed: ${request.method()} ${request.failure()?.errorText}`));
  }

  async arrive() {
    const answer = await this.page.goto(url);
    await this.page.fill('input[name=name]', this.name);
    await this.click('button');
    const cookies = await this.page.context().cookies();
    print({ visitor: this.number, session: cookies.find((cookie) => cookie.name === 'id')?.value });
    return answer;
  }

  // Clicks, and waits for the page that comes of it.
  async click(selector) {
    const [answer] = await Promise.all([this.page.waitForNavigation(), this.page.click(selector)]);
    return answer;
  }

  // What a click does, and what it makes of the cart.
  async act() {
    let lot = draw(100);
    const [habit] = HABITS.find(([, share]) => (lot -= share) < 0);
    const taken = Object.keys(this.cart);
    if (habit === 'look' || (habit === 'return' && this.number < FAITHFUL)) {
      return ['look', await this.page.goto(url)];
    }
    if (habit === 'return') {
      await this.click('header button');
      this.cart = {};
      return ['return', await this.arrive()];
    }
    if (habit === 'order' && taken.length > 0) {
      this.cart = {};
      return ['order', await this.click('form[action="/order"] button')];
    }
    if (habit === 'remove' && taken.length > 0) {
      const good = taken[draw(taken.length)];
      this.cart[good] -= 1;
      if (this.cart[good] === 0) delete this.cart[good];
      return [`remove ${good}`, await this.click(`button.remove[value="${good}"]`)];
    }
    const good = draw(GOODS);
    this.cart[good] = Math.min(99, (this.cart[good] ?? 0) + 1);
    return [`add ${good}`, await this.click(`button.add[value="${good}"]`)];
  }

  async seen() {
    return this.page.evaluate(() => ({
      name: document.querySelector('#visitor')?.textContent ?? null,
      cart: Object.fromEntries(
        [...document.querySelectorAll('[data-good]')].map(({ dataset }) => [dataset.good, Number(dataset.count)]),
      ),
    }));
  }

  async step(number) {
    const began = performance.now();
    const line = { step: number, visitor: this.number };
    try {
      const [did, answer] = await this.act();
      const [wanted, seen] = [{ name: this.name, cart: this.cart }, await this.seen()];
      line.did = did;
      line.status = answer.status();
      // Goods are numbers, which objects keep in order.
      line.right = line.status === 200 && JSON.stringify(seen) === JSON.stringify(wanted);
      if (!line.right) Object.assign(line, { wanted, seen });
    } catch (error) {
      Object.assign(line, { right: false, error: error.message.split('\n')[0] });
    }
    line.ms = Math.round(performance.now() - began);
    times.push(line.ms);
    if (!line.right) {
      wrong += 1;
      await this.beginAnew();
    }
    print(line);
    await this.page.waitForTimeout(THINK_MS);
  }

  // After something went wrong, which was counted: one trouble is not to be counted again with each click.
  async beginAnew() {
    try {
      await this.page.context().clearCookies();
      this.cart = {};
      await this.arrive();
    } catch (error) {
      troubles.push(`visitor ${this.number} cannot begin anew: ${error.message.split('\n')[0]}`);
    }
  }
}

let leaving = false;
process.stdin.on('end', () => (leaving = true)).resume();

// Its own sandbox needs a user other than root, or namespaces that a container may not make.
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
const visitors = [];
for (let number = 0; number < Number(count); number += 1) {
  const context = await browser.newContext();
  visitors.push(new Visitor(number, await context.newPage()));
  await visitors[number].arrive();
}
for (let step = 0; !leaving; step += 1) {
  await visitors[step % visitors.length].step(step);
}
await browser.close();
times.sort((one, other) => one - other);
const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
print({ done: true, clicks: times.length, wrong, troubles, medianMs: at(0.5), p99Ms: at(0.99), longestMs: at(1) });
