import {type Script, script} from './script.ts';

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

/** Replies `stored` or `taken`. Arguments: now, time to live, frame. */
export const createScript: Script = script(`${liveFrame}${unlessReplayed}
if isLive then return 'taken' end
${storeFrame}`);

/** Replies `stored`, `missing` or `conflict`. Arguments: now, time to live, frame, the version to replace. */
export const updateScript: Script = script(`${liveFrame}${unlessReplayed}
if not isLive then return 'missing' end
if version ~= ARGV[4] then return 'conflict' end
${storeFrame}`);

/**
Moves the expiry in the frame and of the key. Replies with 1, or with 0 if no live record is at the version.

Arguments: now, time to live, the expiry as in a frame, the version.
*/
export const touchScript: Script = script(`${liveFrame}
if not isLive or version ~= ARGV[4] then return 0 end
if tonumber(ARGV[2]) <= 0 then
	redis.call('DEL', KEYS[1])
else
	redis.call('SETRANGE', KEYS[1], 8, ARGV[3])
	redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 1
`);

/**
Deletes a live record. Replies with its expiry and its subject, if it had one, or with nil if there is no such record.

Arguments: now, and the version if it matters.
*/
export const deleteScript: Script = script(`${liveFrame}
if not isLive or (#ARGV == 2 and version ~= ARGV[2]) then return false end
local reply = {string.format('%.17g', struct.unpack('>d', head, 9))}
local length = struct.unpack('>H', head, 17)
if length < 65535 then reply[2] = redis.call('GETRANGE', KEYS[1], 18, 17 + length) end
redis.call('DEL', KEYS[1])
return reply
`);

/** Replies with 1 if a live record belongs to a subject, otherwise with 0. Arguments: now, the subject. */
export const belongsScript: Script = script(`${liveFrame}
if not isLive or struct.unpack('>H', head, 17) ~= #ARGV[2] then return 0 end
if redis.call('GETRANGE', KEYS[1], 18, 17 + #ARGV[2]) ~= ARGV[2] then return 0 end
return 1
`);
