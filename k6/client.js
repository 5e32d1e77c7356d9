import { check } from 'k6';
import { Counter, Rate, Trend } from 'k6/metrics';
import { WebSocket } from 'k6/websockets';
import { Ledger } from './checks.js';
import { ServerClock } from './server-clock.js';

/** Of all connections tried: opened, every arg accepted, and a first message came. */
const connectionSuccess = new Rate('tapecast_connection_success');
/** Of all connections that opened: ended by somebody else than this test. */
const connectionDrops = new Rate('tapecast_connection_drops');
/** From trying to connect to the first message. */
const ready = new Trend('tapecast_ready', true);
/** From `received` in the message to now. */
const latency = new Trend('tapecast_latency', true);
/** Of that, how long the message had been read already and waited for this script: much of it means that k6 is what is slow. */
const k6Delay = new Trend('tapecast_k6_delay', true);
/** Of all numbers that were due: never came, whether declared or not. */
const messageDrops = new Rate('tapecast_message_drops');
const gaps = new Counter('tapecast_gaps');

const CHECKS = {
  'stream is one that was subscribed': (seen) => seen.stream,
  'type is one that may come here': (seen) => seen.type,
  'seq is in order': (seen) => seen.seq,
  'timestamp is a time': (seen) => seen.timestamp,
};

/** A connection without a message for so long has failed. */
const FIRST_MESSAGE_MS = 10_000;

const told = new Set();

/** One user of the server, who may come and go and come back. */
export class Client {
  constructor({ url, latencyEvery }) {
    this.url = url;
    this.latencyEvery = latencyEvery;
    this.ledger = new Ledger();
    this.clock = new ServerClock();
    this.messages = 0;
  }

  /**
   * Connects, subscribes to `args`, reads for `ms` milliseconds and until a first message came, and leaves. With `resume` it goes on
   * where its last connection ended. `seated(connection)` is called after the reply. Resolves when the connection has ended, with the
   * milliseconds that the server asked to stay away, 0 when it did not, and for each resumed stream whether it was recovered.
   */
  stay({ args, ms, resume = false, seated = () => {} }) {
    return new Promise((resolve) => {
      const visit = new Visit(this, { args, ms, resume, seated, ended: resolve });
      visit.open();
    });
  }
}

/** One connection. */
class Visit {
  constructor(client, { args, ms, resume, seated, ended }) {
    Object.assign(this, { client, args, ms, resume, seated, ended });
    this.leaving = false;
    this.due = false;
    this.accepted = false;
    this.served = false;
    this.opened = false;
    this.recovered = [];
    this.pings = new Map();
    this.nextId = 1;
    this.timers = new Set();
  }

  open() {
    this.started = Date.now();
    this.socket = new WebSocket(this.client.url);
    this.socket.onopen = () => this.onOpen();
    this.socket.onmessage = (event) => this.onText(event.data, event.timestamp);
    this.socket.onerror = ({ error }) => this.opened || tellOnce(`cannot connect to ${this.client.url}: ${error}`);
    this.socket.onclose = ({ code, reason }) => this.onClose(code, reason);
  }

  onOpen() {
    this.opened = true;
    this.ping();
    this.subscribe(this.args, this.resume ? { resume: this.client.ledger.resume() } : {});
    this.after(this.ms, () => {
      this.due = true;
      if (this.served) this.leave();
    });
    this.after(Math.max(this.ms, FIRST_MESSAGE_MS), () => this.leave());
  }

  ping() {
    // Before the send: between the two this program may lose the processor for a while.
    const sent = Date.now();
    this.pings.set(this.send({ op: 'ping' }), sent);
  }

  subscribe(args, more = {}) {
    return this.send({ op: 'subscribe', args, ...more });
  }

  unsubscribe(args) {
    return this.send({ op: 'unsubscribe', args });
  }

  send(request) {
    const id = this.nextId++;
    this.sendText(JSON.stringify({ ...request, id }));
    return id;
  }

  sendText(text) {
    if (!this.leaving && this.socket.readyState === 1) this.socket.send(text);
  }

  /** Like setTimeout, but only while the connection lasts. */
  after(ms, then) {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      then();
    }, ms);
    this.timers.add(timer);
  }

  leave() {
    if (this.leaving) return;
    this.leaving = true;
    this.socket.close();
  }

  /** `read` is when k6 read the message from the socket. */
  onText(text, read) {
    let frame;
    try {
      frame = JSON.parse(text);
    } catch {
      check(text, { 'frame is JSON': () => false });
      return;
    }
    if (frame.data !== undefined) this.onData(frame, read);
    else if (frame.op === 'subscribe') this.onSubscribed(frame);
    else if (frame.op === 'unsubscribe') this.client.ledger.unsubscribed(frame.args);
    else if (frame.op === 'pong') this.onPong(frame);
    else if (frame.op === 'gap') this.onGap(frame);
    else if (frame.op === 'error') this.onError(frame);
  }

  onData(frame, read) {
    const { client } = this;
    const seen = client.ledger.message(frame);
    check(seen, CHECKS);
    for (let lost = seen.missing; lost > 0; lost--) messageDrops.add(true);
    messageDrops.add(false);
    if (seen.live && ++client.messages % client.latencyEvery === 0) {
      const now = Date.now();
      latency.add(now + client.clock.ahead - frame.received);
      k6Delay.add(Math.max(0, now - read));
    }
    if (this.served) return;
    this.served = true;
    ready.add(Date.now() - this.started);
    if (this.due) this.leave();
  }

  onSubscribed(reply) {
    for (const { arg, reason } of reply.rejected ?? []) tellOnce(`${arg} was rejected: ${reason}`);
    const first = !this.accepted;
    this.accepted = reply.success && reply.rejected === null;
    const recovered = this.client.ledger.subscribed(reply.streams ?? []);
    this.recovered.push(...recovered);
    if (first) this.seated(this);
  }

  onPong({ id, timestamp }) {
    const sent = this.pings.get(id);
    if (sent === undefined) return;
    this.pings.delete(id);
    this.client.clock.pinged(sent, timestamp, Date.now());
  }

  onGap(notice) {
    gaps.add(1);
    for (let lost = this.client.ledger.gap(notice); lost > 0; lost--) messageDrops.add(true);
  }

  onError({ code, message }) {
    check(code, { 'requests are understood': () => false });
    tellOnce(`${code}: ${message}`);
  }

  onClose(code, reason) {
    for (const timer of this.timers) clearTimeout(timer);
    this.client.ledger.disconnected();
    connectionSuccess.add(this.opened && this.accepted && this.served);
    if (this.opened) {
      connectionDrops.add(!this.leaving);
      if (!this.leaving) tellOnce(`a connection was ended with ${code ?? 1006} ${reason}`);
    }
    const asked = /reconnect_after_ms=(\d+)/.exec(reason)?.[1];
    this.ended({ comeBackAfter: Number(asked ?? 0), recovered: this.recovered });
  }
}

/** A promise of `ms` milliseconds. */
export function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Per virtual user, so that a thousand equal troubles do not hide the other one. */
function tellOnce(sentence) {
  if (told.has(sentence)) return;
  told.add(sentence);
  console.warn(sentence);
}
