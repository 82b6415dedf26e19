import {type Script, script} from './script.ts';

// Each script uses one key only, as Redis Cluster requires. Its first argument is the time by the clock of this machine:
// that alone decides whether a record has expired, whenever Redis removes the key. A value that isn't a frame is no record.
const liveFrame = `
local head = redis.call('GETRANGE', KEYS[1], 0, 17)
local version = string.sub(head, 1, 8)
local isLive = #head == 18 and struct.unpack('>d', head, 9) > tonumber(ARGV[1])
`;

// A client library that lost the reply sends the write again. No other write has the version that this one drew.
const unlessReplayed = `
if version == string.sub(ARGV[3], 1, 8) then return 'stored' end
`;

const storeFrame = `
if tonumber(ARGV[2]) > 0 then redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[2]) else redis.call('DEL', KEYS[1]) end
return 'stored'
`;

/** Replies `stored` or `taken`. Arguments: now, time to live, frame. */
export const createScript: Script = script(`${liveFrame}${unlessReplayed}
if isLive then return 'taken' end
${storeFrame}`);

/**
Replies `stored`, `missing` or `conflict`.

Arguments: now, time to live, frame, the version to replace, and the expiry to replace if it matters.
*/
export const updateScript: Script = script(`${liveFrame}${unlessReplayed}
if not isLive then return 'missing' end
if version ~= ARGV[4] then return 'conflict' end
if ARGV[5] and struct.unpack('>d', head, 9) ~= tonumber(ARGV[5]) then return 'conflict' end
${storeFrame}`);

/**
Moves the expiry in the frame and of the key. Replies `touched`, or `missing` if no live record is at the version.

Arguments: now, time to live, the expiry as in a frame, the version.
*/
export const touchScript: Script = script(`${liveFrame}
if not isLive or version ~= ARGV[4] then return 'missing' end
if tonumber(ARGV[2]) <= 0 then
	redis.call('DEL', KEYS[1])
else
	redis.call('SETRANGE', KEYS[1], 8, ARGV[3])
	redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 'touched'
`);

/**
Deletes a live record. Replies with its expiry and its subject, if it had one, or with an empty list if there is no such record.

Arguments: now, and the version if it matters.
*/
export const deleteScript: Script = script(`${liveFrame}
if not isLive or (#ARGV == 2 and version ~= ARGV[2]) then return {} end
local reply = {string.format('%.17g', struct.unpack('>d', head, 9))}
local length = struct.unpack('>H', head, 17)
if length < 65535 then reply[2] = redis.call('GETRANGE', KEYS[1], 18, 17 + length) end
redis.call('DEL', KEYS[1])
return reply
`);

/** Replies `yes` if a live record belongs to a subject, otherwise `no`. Arguments: now, the subject. */
export const belongsScript: Script = script(`${liveFrame}
if not isLive or struct.unpack('>H', head, 17) ~= #ARGV[2] then return 'no' end
if redis.call('GETRANGE', KEYS[1], 18, 17 + #ARGV[2]) ~= ARGV[2] then return 'no' end
return 'yes'
`);

/** Replies with the value. An empty one, which is no record, stands for none. */
export const readScript: Script = script(`return redis.call('GET', KEYS[1]) or ''`);
