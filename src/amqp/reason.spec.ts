import { blockedReasonOf, reasonOf } from './reason';

const LOGIN = `403 (ACCESS-REFUSED) with message "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN."`;

describe('the reason that is shown of RabbitMQ', () => {
  it.each([
    ['connect ECONNREFUSED ::1:5672, connect ECONNREFUSED 127.0.0.1:5672', 'nobody listens there'],
    ['getaddrinfo ENOTFOUND mq.internal', 'its host name is not known'],
    ['getaddrinfo EAI_AGAIN timeout.internal', 'its host name cannot be looked up'],
    ['connect EHOSTUNREACH 10.0.0.7:5672', 'its host cannot be reached'],
    ['connect ETIMEDOUT', 'no answer in time'],
    ['Heartbeat timeout', 'no answer in time'],
    ['read ECONNRESET', 'the connection was lost'],
    ['Unexpected close', 'the connection was lost'],
    ['Socket closed abruptly during opening handshake', 'the connection was lost'],
    ['self-signed certificate', 'no agreement about TLS'],
    ["Hostname/IP does not match certificate's altnames: Host: mq.internal.", 'no agreement about TLS'],
    ['SASL mechanism PLAIN is not provided by the server', 'it does not take a user and a password'],
    [`Handshake terminated by server: ${LOGIN}`, 'the user or the password is refused'],
    [
      `Handshake terminated by server: 530 (NOT-ALLOWED) with message "NOT_ALLOWED - vhost orders not found"`,
      'the virtual host is not there, or not open to the user',
    ],
    [
      `Channel closed by server: 403 (ACCESS-REFUSED) with message "ACCESS_REFUSED - write access to exchange 'a' refused for user 'b'"`,
      'the user has not the rights it needs',
    ],
    [
      `Connection closed: 320 (CONNECTION-FORCED) with message "CONNECTION_FORCED - broker forced connection closure"`,
      'it has closed the connection',
    ],
    [`Channel closed by server: 405 (RESOURCE-LOCKED) with message "cannot obtain access to queue 'a'"`, 'error 405'],
    [
      `Operation failed: ExchangeDeclare; 406 (PRECONDITION-FAILED) with message "inequivalent arg for exchange 'a'"`,
      'what is to be declared is there and is another',
    ],
    ['something of tapecast:hunter2@mq', 'it failed'],
  ])('of %s is: %s', (message, reason) => {
    expect(reasonOf(message)).toBe(reason);
  });

  it.each([
    ['low on memory', 'RabbitMQ takes no messages: low on memory'],
    ['low on memory & low on disk', 'RabbitMQ takes no messages: low on memory and disk'],
    ['tapecast@mq.internal', 'RabbitMQ takes no messages'],
  ])('while it is blocked with %j is: %s', (words, reason) => {
    expect(blockedReasonOf(words)).toBe(reason);
  });
});
