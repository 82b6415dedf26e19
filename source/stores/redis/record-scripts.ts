import type {Version} from '../../store.ts';
import {type Script, script, timeToLive} from './script.ts';

// Each script uses one key only, as Redis Cluster requires. The clock of the machine that runs this process decides whether a
// record has expired, whenever Redis removes the key. A value that isn't a frame is no record.
const liveFrame = `
local head = redis.call('GETRANGE', KEYS[1], 0, 17)
local version = string.sub(head, 1, 8)
local isLive = #head == 18 and struct.unpack('>d', head, 9) > now
`;

/**
A write, in one argument: each further one would cost the client library nearly as much again.

| octets | hold |
| --- | --- |
| 0–7 | the time by the clock of this process's machine, as a big-endian double, like all numbers here |
| 8–15 | what is left until the record expires, in milliseconds |
| 16–23 | the version to replace |
| 24–31 | the expiry to replace; `NaN` if it doesn't matter |
| 32– | the frame, or for a touch only the expiry |
*/
const unpackWrite = `
local now, timeToLive = struct.unpack('>dd', ARGV[1])
local knownVersion = string.sub(ARGV[1], 17, 24)
local knownExpiry = struct.unpack('>d', ARGV[1], 25)
local frame = string.sub(ARGV[1], 33)
local milliseconds = string.format('%.0f', timeToLive)
${liveFrame}`;

/** How many octets stand in front of the frame. */
export const writeHeadLength = 32;

/** What a write replaces. Nothing if it creates a record. */
export type Replaced = {readonly nonce?: Version; readonly expiresAt?: number | undefined};

/** Completes the argument of a write, just before it is sent. @param octets What is written, after `writeHeadLength`. */
export const setWriteHead = (octets: Buffer, expiresAt: number, {nonce, expiresAt: known}: Replaced = {}): Buffer => {
	const now = Date.now();
	octets.writeDoubleBE(now, 0);
	octets.writeDoubleBE(timeToLive(expiresAt, now), 8);
	// First, since a version of another store may be shorter.
	octets.fill(0, 16, 24);
	if (nonce !== undefined) octets.write(nonce, 16, 8, 'base64url');
	octets.writeDoubleBE(known ?? Number.NaN, 24);
	return octets;
};

// A client library that lost the reply sends the write again. No other write has the version that this one drew.
const unlessReplayed = `
if version == string.sub(frame, 1, 8) then return 'stored' end
`;

const storeFrame = `
if timeToLive > 0 then redis.call('SET', KEYS[1], frame, 'PX', milliseconds) else redis.call('DEL', KEYS[1]) end
return 'stored'
`;

/** Replies `stored` or `taken`. Argument: a write. */
export const createScript: Script = script(`${unpackWrite}${unlessReplayed}
if isLive then return 'taken' end
${storeFrame}`);

/** Replies `stored`, `missing` or `conflict`. Argument: a write. */
export const updateScript: Script = script(`${unpackWrite}${unlessReplayed}
if not isLive then return 'missing' end
if version ~= knownVersion then return 'conflict' end
-- Not a number, which equals nothing, stands for any expiry.
if knownExpiry == knownExpiry and struct.unpack('>d', head, 9) ~= knownExpiry then return 'conflict' end
${storeFrame}`);

/**
Moves the expiry in the frame and of the key. Replies `touched`, or `missing` if no live record is at the version.

Argument: a write of its expiry.
*/
export const touchScript: Script = script(`${unpackWrite}
if not isLive or version ~= knownVersion then return 'missing' end
if timeToLive <= 0 then
	redis.call('DEL', KEYS[1])
else
	redis.call('SETRANGE', KEYS[1], 8, frame)
	redis.call('PEXPIRE', KEYS[1], milliseconds)
end
return 'touched'
`);

/**
Deletes a live record. Replies with its expiry and its subject, if it had one, or with an empty list if there is no such record.

Arguments: now, and the version if it matters.
*/
export const deleteScript: Script = script(`
local now = tonumber(ARGV[1])
${liveFrame}
if not isLive or (#ARGV == 2 and version ~= ARGV[2]) then return {} end
local reply = {string.format('%.17g', struct.unpack('>d', head, 9))}
local length = struct.unpack('>H', head, 17)
if length < 65535 then reply[2] = redis.call('GETRANGE', KEYS[1], 18, 17 + length) end
redis.call('DEL', KEYS[1])
return reply
`);

/** Replies `yes` if a live record belongs to a subject, otherwise `no`. Arguments: now, the subject. */
export const belongsScript: Script = script(`
local now = tonumber(ARGV[1])
${liveFrame}
if not isLive or struct.unpack('>H', head, 17) ~= #ARGV[2] then return 'no' end
if redis.call('GETRANGE', KEYS[1], 18, 17 + #ARGV[2]) ~= ARGV[2] then return 'no' end
return 'yes'
`);

/** Replies with the value. An empty one, which is no record, stands for none. */
export const readScript: Script = script(`return redis.call('GET', KEYS[1]) or ''`);
