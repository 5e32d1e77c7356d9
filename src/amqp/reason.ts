/** RabbitMQ ends a connection or a channel with a number, its name, and words that may name a user, a virtual host or a queue. */
const BY_SERVER = /^(?:Handshake terminated|Channel closed|Connection closed|Operation failed)\b.*?\b(\d{3}) \(/;

const CODES: Readonly<Record<string, string>> = {
  '320': 'it has closed the connection',
  '403': 'the user has not the rights it needs',
  '406': 'what is to be declared is there and is another',
  '530': 'the virtual host is not there, or not open to the user',
};

const MESSAGES: readonly (readonly [RegExp, string])[] = [
  [/\b(ECONNREFUSED|ENOENT)\b/, 'nobody listens there'],
  [/\bENOTFOUND\b/, 'its host name is not known'],
  [/\bEAI_AGAIN\b/, 'its host name cannot be looked up'],
  [/\b(EHOSTUNREACH|ENETUNREACH)\b/, 'its host cannot be reached'],
  [/\bETIMEDOUT\b|timeout|timed out/i, 'no answer in time'],
  [/SASL/, 'it does not take a user and a password'],
  [/\b(SSL|TLS)\b|certificate/i, 'no agreement about TLS'],
  [/\b(ECONNRESET|EPIPE)\b|close|hang up|disconnected/i, 'the connection was lost'],
];

/** Why RabbitMQ cannot be used, for everybody to see: no name, address, user or secret is in it. @param message an error's own words */
export function reasonOf(message: string): string {
  const code = BY_SERVER.exec(message)?.[1];
  if (code === '403' && message.startsWith('Handshake')) return 'the user or the password is refused';
  if (code !== undefined) return CODES[code] ?? `error ${code}`;
  return MESSAGES.find(([pattern]) => pattern.test(message))?.[1] ?? 'it failed';
}

/** Why RabbitMQ takes no messages, also for everybody. @param words its own */
export function blockedReasonOf(words: string): string {
  const lacking = ['memory', 'disk'].filter((what) => words.includes(what));
  return `RabbitMQ takes no messages${lacking.length === 0 ? '' : `: low on ${lacking.join(' and ')}`}`;
}
