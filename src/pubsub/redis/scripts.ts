import { createHash } from 'node:crypto';

/** One atomic step in Redis. */
export interface Script {
  readonly lua: string;
  readonly sha: string;
  readonly keys: number;
}

/** What a write answers. */
export const WRITTEN = 1;
/** The numbers do not fit, or the stream is not known: nothing was changed. */
const HOLE = 0;
/** A newer holder has the stream or the market: nothing was changed. */
export const FENCED = -1;

/** What the scripts are made for. */
export interface ScriptSettings {
  /** Publications kept per stream. */
  readonly historySize: number;
  /** How long what nobody publishes or keeps alive stays, ms. */
  readonly historyTtlMs: number;
  /** A cluster publishes to the shard that owns the channel's slot, everybody else to the server. */
  readonly cluster: boolean;
}

/**
 * Every write of a stream names the token of the claim or opening it belongs to, and only the newest one's is taken: so a command that
 * arrives late, over a connection that was given up, changes nothing. Numbers stay below 2^53, which Lua's doubles hold.
 */
export function scriptsFor({ historySize, historyTtlMs, cluster }: ScriptSettings) {
  const publish = cluster ? 'SPUBLISH' : 'PUBLISH';
  const ttl = String(Math.ceil(historyTtlMs));
  const refused = `
if known[1] ~= ARGV[1] then
  if known[1] and tonumber(known[2]) > tonumber(ARGV[2]) then return ${FENCED} end
  return ${HOLE}
end`;

  return {
    /** KEYS state log snap channel, ARGV token fence seq publication snapshot ('' none, '=' the publication itself). */
    publish: script(
      4,
      `
local known = redis.call('HMGET', KEYS[1], 'token', 'fence', 'seq')${refused}
if (tonumber(known[3]) or -1) + 1 ~= tonumber(ARGV[3]) then return ${HOLE} end
${
  historySize === 0
    ? `redis.call('DEL', KEYS[2])`
    : `if redis.call('RPUSH', KEYS[2], ARGV[4]) > ${historySize} then redis.call('LTRIM', KEYS[2], -${historySize}, -1) end
redis.call('PEXPIRE', KEYS[2], ${ttl})`
}
if ARGV[5] == '' then
  redis.call('HSET', KEYS[1], 'seq', ARGV[3])
else
  redis.call('HSET', KEYS[1], 'seq', ARGV[3], 'snapshotSeq', ARGV[3])
  redis.call('SET', KEYS[3], ARGV[5] == '=' and ARGV[4] or ARGV[5], 'PX', ${ttl})
end
redis.call('${publish}', KEYS[4], ARGV[4])
return ${WRITTEN}`,
    ),

    /** KEYS state log snap channel, ARGV token fence epoch notice run. Begins an epoch before its first number. */
    open: script(
      4,
      `
local fence = redis.call('HGET', KEYS[1], 'fence')
if fence and tonumber(fence) > tonumber(ARGV[2]) then return ${FENCED} end
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
redis.call('HSET', KEYS[1], 'token', ARGV[1], 'fence', ARGV[2], 'epoch', ARGV[3], 'seq', 0, 'snapshotSeq', 0, 'run', ARGV[5])
redis.call('PEXPIRE', KEYS[1], ${ttl})
redis.call('${publish}', KEYS[4], ARGV[4])
return ${WRITTEN}`,
    ),

    /** KEYS state log snap channel, ARGV token fence notice. The fence outlives the stream, so that an older holder cannot open it. */
    close: script(
      4,
      `
local known = redis.call('HMGET', KEYS[1], 'token', 'fence')${refused}
redis.call('DEL', KEYS[2], KEYS[3])
redis.call('HDEL', KEYS[1], 'epoch', 'seq', 'snapshotSeq', 'status')
redis.call('PEXPIRE', KEYS[1], ${ttl})
redis.call('${publish}', KEYS[4], ARGV[3])
return ${WRITTEN}`,
    ),

    /** KEYS state snap channel, ARGV token fence notice void (1 or 0): whether the snapshot is not the stream's state any more. */
    streamStatus: script(
      3,
      `
local known = redis.call('HMGET', KEYS[1], 'token', 'fence', 'epoch')${refused}
if not known[3] then return ${HOLE} end
redis.call('HSET', KEYS[1], 'status', ARGV[3])
if ARGV[4] == '1' then
  redis.call('HSET', KEYS[1], 'snapshotSeq', 0)
  redis.call('DEL', KEYS[2])
end
redis.call('${publish}', KEYS[3], ARGV[3])
return ${WRITTEN}`,
    ),

    /** KEYS state snap, ARGV token fence seq snapshot ('' none). Keeps an open stream from expiring while it is quiet. */
    keep: script(
      2,
      `
local known = redis.call('HMGET', KEYS[1], 'token', 'fence', 'seq')${refused}
if (tonumber(known[3]) or -1) < tonumber(ARGV[3]) then return ${HOLE} end
redis.call('PEXPIRE', KEYS[1], ${ttl})
if ARGV[4] ~= '' and known[3] == ARGV[3] then
  redis.call('HSET', KEYS[1], 'snapshotSeq', ARGV[3])
  redis.call('SET', KEYS[2], ARGV[4], 'PX', ${ttl})
else
  redis.call('PEXPIRE', KEYS[2], ${ttl})
end
return ${WRITTEN}`,
    ),

    /**
     * KEYS state snap, ARGV token fence run. Answers {epoch, seq, snapshotSeq, snapshot}, or {} when nothing is known. What another run
     * of the server had may be older than what was heard of it, so its numbers cannot be gone on with.
     */
    claim: script(
      2,
      `
local known = redis.call('HMGET', KEYS[1], 'fence', 'epoch', 'seq', 'snapshotSeq', 'run')
if known[1] and tonumber(known[1]) > tonumber(ARGV[2]) then return ${FENCED} end
redis.call('HSET', KEYS[1], 'token', ARGV[1], 'fence', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ${ttl})
if not known[2] or known[5] ~= ARGV[3] then return {} end
redis.call('PEXPIRE', KEYS[2], ${ttl})
return {known[2], known[3], known[4], redis.call('GET', KEYS[2])}`,
    ),

    /**
     * KEYS state log snap, ARGV epoch seq ('' '' without a place to go on from). Answers {epoch, seq, status, recovered, snapshot,
     * publication ...}, or {} when nobody serves the stream.
     */
    fetch: script(
      3,
      `
local known = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'status', 'snapshotSeq')
if not known[1] then return {} end
local seq = tonumber(known[2])
local kept = redis.call('LLEN', KEYS[2])
local found = {known[1], known[2], known[3] or '', 0, ''}
local missed = 0
local since = tonumber(ARGV[2])
if since and ARGV[1] == known[1] and since <= seq and seq - since <= kept then
  found[4] = 1
  missed = seq - since
else
  local snapshotSeq = tonumber(known[4])
  local snapshot = snapshotSeq > 0 and seq - snapshotSeq <= kept and redis.call('GET', KEYS[3])
  if snapshot then
    found[5] = snapshot
    missed = seq - snapshotSeq
  end
end
if missed > 0 then
  for _, publication in ipairs(redis.call('LRANGE', KEYS[2], -missed, -1)) do found[#found + 1] = publication end
end
return found`,
    ),

    /** KEYS fence status channel, ARGV fence notice tell (1 or 0). */
    marketStatus: script(
      3,
      `
local fence = redis.call('GET', KEYS[1])
if fence and tonumber(fence) > tonumber(ARGV[1]) then return ${FENCED} end
redis.call('SET', KEYS[2], ARGV[2], 'PX', ${ttl})
if ARGV[3] == '1' then redis.call('${publish}', KEYS[3], ARGV[2]) end
return ${WRITTEN}`,
    ),

    /**
     * KEYS lease fence, ARGV id ttl. Answers the fence, or how many ms another holds the lease yet and its fence. The server's time in it keeps fences
     * growing even over a Redis that was emptied.
     */
    acquire: script(
      2,
      `
local holder = redis.call('GET', KEYS[1])
if holder and string.match(holder, '^(.*):') ~= ARGV[1] then
  return {redis.call('PTTL', KEYS[1]), string.match(holder, '(%d+)$')}
end
local time = redis.call('TIME')
local fence = math.max(tonumber(redis.call('GET', KEYS[2]) or 0) + 1, time[1] * 1000 + math.floor(time[2] / 1000))
local text = string.format('%.0f', fence)
redis.call('SET', KEYS[2], text)
redis.call('SET', KEYS[1], ARGV[1] .. ':' .. text, 'PX', ARGV[2])
return text`,
    ),

    /** KEYS lease, ARGV id:fence ttl. */
    renew: script(
      1,
      `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`,
    ),

    /** KEYS lease channel, ARGV id:fence market. */
    release: script(
      2,
      `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('${publish}', KEYS[2], ARGV[2])
return 1`,
    ),

    /**
     * KEYS key, which is a channel too, ARGV number. Answers the number before, nil on a server that does not know it any more: it was
     * emptied. It writes, so that a server that takes no writes counts as broken.
     */
    beat: script(
      1,
      `
local before = redis.call('GET', KEYS[1])
redis.call('SET', KEYS[1], ARGV[1], 'PX', 30000)
redis.call('${publish}', KEYS[1], ARGV[1])
return before`,
    ),

    /** KEYS key. */
    get: script(1, `return redis.call('GET', KEYS[1])`),

    /** KEYS channel, ARGV message. */
    tell: script(1, `return redis.call('${publish}', KEYS[1], ARGV[1])`),
  } as const satisfies Record<string, Script>;
}

export type Scripts = ReturnType<typeof scriptsFor>;

function script(keys: number, lua: string): Script {
  const text = lua.trim();
  return { keys, lua: text, sha: createHash('sha1').update(text).digest('hex') };
}
