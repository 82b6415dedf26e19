import {createHash} from 'node:crypto';

/** A Lua script with the name that Redis keeps it under. */
export type Script = {readonly lua: string; readonly sha1: string};

const script = (lua: string): Script => ({lua, sha1: createHash('sha1').update(lua).digest('hex')});

// Every script sees one key only, as Redis Cluster asks for, and our clock as its first argument: an expiry is decided
// by one clock, whenever Redis gets round to removing the key. A value that is no frame counts as none.
const liveFrame = `
local head = redis.call('GETRANGE', KEYS[1], 0, 17)
local version = string.sub(head, 1, 8)
local isLive = #head == 18 and struct.unpack('>d', head, 9) > tonumber(ARGV[1])
`;

// A client library that lost the reply sends the write again. Nobody else draws the version that we drew.
const unlessReplayed = `
if version == string.sub(ARGV[3], 1, 8) then return 'stored' end
`;

const storeFrame = `
if tonumber(ARGV[2]) > 0 then redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[2]) else redis.call('DEL', KEYS[1]) end
return 'stored'
`;

/** Arguments: now, time to live, frame. */
export const createScript: Script = script(`${liveFrame}${unlessReplayed}
if isLive then return 'taken' end
${storeFrame}`);

/** Arguments: now, time to live, frame, the version to replace. */
export const updateScript: Script = script(`${liveFrame}${unlessReplayed}
if not isLive then return 'missing' end
if version ~= ARGV[4] then return 'conflict' end
${storeFrame}`);

/**
Moves the expiry in the frame and of the key. Replies with the subject as a list of one or none, or with nil.

Arguments: now, time to live, the expiry as in a frame, and the version if it matters.
*/
export const touchScript: Script = script(`${liveFrame}
if not isLive or (#ARGV == 4 and version ~= ARGV[4]) then return false end
if tonumber(ARGV[2]) <= 0 then
	redis.call('DEL', KEYS[1])
	return {}
end
redis.call('SETRANGE', KEYS[1], 8, ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
local length = struct.unpack('>H', head, 17)
if length == 65535 then return {} end
return {redis.call('GETRANGE', KEYS[1], 18, 17 + length)}
`);

/** Tells whether a live record belongs to a subject. Arguments: now, the subject. */
export const belongsScript: Script = script(`${liveFrame}
if not isLive or struct.unpack('>H', head, 17) ~= #ARGV[2] then return 0 end
if redis.call('GETRANGE', KEYS[1], 18, 17 + #ARGV[2]) ~= ARGV[2] then return 0 end
return 1
`);

/**
Enters a record's key in the sorted set of its subject, by expiry, and drops those whose time is over.

An expiry only ever moves later here: of two writes at once, the index must outlive whichever wins.
Without memory left, Redis refuses a script at its first write alone: so that is the one which needs some.
Arguments: now, time to live, expiry, the record's key.
*/
export const indexScript: Script = script(`
local known = redis.call('ZSCORE', KEYS[1], ARGV[4])
if not known or tonumber(known) < tonumber(ARGV[3]) then redis.call('ZADD', KEYS[1], ARGV[3], ARGV[4]) end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
`);
