/**
The sorted set of a subject: the keys of its records, each scored with its expiry.

The set is another key than the records, and Redis Cluster changes only one key at a time. So a set and a record may
disagree for a moment. But no record may ever be missing from its set: a logout everywhere would not find it.

- A record *enters* before it is written. Until that write is known to be over, its entry is *pending*, which the sixteenths
  of its score say. One that enters over a pending entry takes other sixteenths, so that the first doesn't settle it. Nor may
  the second, whose write may be over sooner: the entry stays pending until it expires.
- An entry leaves only if it isn't pending, and if its score is still the one that was seen before the record was found to
  be gone. Entering over an old entry always raises its score, so an entry that was seen before can't be taken for it.
- What is left over does no harm: because a process ended too early, or because a record ended before the expiry that it once
  had, as a session does that gets another id. A walk checks each record, and removes the entries that it may. Now and then an
  entry that is added to a long index leads to such a walk, so that most of the index is always alive.
*/
import {createHash} from 'node:crypto';
import type {Walk} from '../shared/walk.ts';
import type {RedisCommands} from './commands.ts';
import {followCursor} from './cursor.ts';
import {belongsScript} from './record-scripts.ts';
import {ask, askForList, run, script, timeToLive, toText} from './script.ts';

/**
Adds an entry or raises its score, and drops those that have expired. Replies with the sixteenths to settle, 0 if there are
none, and with the number of entries.

The expiry only ever moves later here: of two writes at once, the entry must outlive the one that wins.
Without memory left, Redis refuses a script only at its first write: so that is the one which needs some.
Arguments: now, time to live, expiry, the record's key, and `enter` or `raise`.
*/
const indexScript = script(`
local known = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[4]) or 0)
local mark = known % 1
local wasPending = mark > 0
local expiry = math.max(math.floor(known), tonumber(ARGV[3]))
if ARGV[5] == 'enter' then
	expiry = math.max(math.floor(known) + 1, expiry)
	mark = mark < 15 / 16 and mark + 1 / 16 or 1 / 16
end
if expiry + mark ~= known then redis.call('ZADD', KEYS[1], string.format('%.17g', expiry + mark), ARGV[4]) end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return {string.format('%d', wasPending and 0 or mark * 16), string.format('%d', redis.call('ZCARD', KEYS[1]))}
`);

/** Ends the pending state of an entry. Arguments: the record's key, the sixteenths that entering gave it. */
const settleScript = script(`
local known = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or 0)
if known % 1 ~= tonumber(ARGV[2]) / 16 then return 'kept' end
redis.call('ZADD', KEYS[1], string.format('%.17g', math.floor(known)), ARGV[1])
return 'settled'
`);

/**
Removes entries that are still as they were seen. Replies `all`, or `some` if there are others.

Arguments: a key and its score, the next key and its score, …
*/
const leaveScript = script(`
local reply = 'all'
for place = 1, #ARGV, 2 do
	local score = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[place]) or 0)
	if score == tonumber(ARGV[place + 1]) then redis.call('ZREM', KEYS[1], ARGV[place]) elseif score > 0 then reply = 'some' end
end
return reply
`);

/** Replies with the score of an entry, or with 0 if there is none. Argument: the record's key. */
const scoreScript = script(`return redis.call('ZSCORE', KEYS[1], ARGV[1]) or '0'`);

/**
Replies with the next cursor, then keys and their scores in turn. Arguments: cursor, how many.

In a script, since a client may send `ZSCAN` itself to a replica, which may not have the latest entries.
*/
const pageScript = script(`
local page = redis.call('ZSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])
table.insert(page[2], 1, page[1])
return page[2]
`);

/** What an entry is about. */
type Entry = {readonly key: string; readonly expiresAt: number};

/** An entry as it was seen. */
type Seen = {readonly key: string; readonly score: string};

/** What is known about an entry whose record is being written. */
type Pending = {readonly sixteenths: string; readonly size: number};

/** The index of one subject. */
export class SubjectIndex {
	readonly #commands: RedisCommands;
	readonly #subject: string;
	readonly #key: string;

	constructor(commands: RedisCommands, subject: string) {
		this.#commands = commands;
		this.#subject = subject;
		// Hashed, since a subject may be long, and names of people don't belong in keys.
		this.#key = `koa-server-session:subject:${createHash('sha256').update(subject).digest('base64url')}`;
	}

	/** Enters a record that is about to become this subject's. Resolves with what `settle()` needs. */
	async enter(entry: Entry): Promise<Pending> {
		const [sixteenths = '', size] = await this.#write(entry, 'enter');
		return {sixteenths, size: Number(size)};
	}

	/** Called when the write after `enter()` is over, whatever became of it. */
	async settle(key: string, {sixteenths, size}: Pending): Promise<void> {
		if (sixteenths !== '0') await ask(this.#commands, ['settled', 'kept'], settleScript, this.#key, [key, sixteenths]);
		if (size < longIndex || Math.random() * size > sweepShare) return;
		for await (const _ of this.walk());
	}

	/** Moves the expiry of a record that is this subject's already. */
	async raise(entry: Entry): Promise<void> {
		await this.#write(entry, 'raise');
	}

	/** Takes out a record that was deleted. */
	async leave({key, expiresAt}: Entry): Promise<void> {
		const reply = await ask(this.#commands, ['all', 'some'], leaveScript, this.#key, [key, toScore(expiresAt)]);
		// Its entry has another expiry that the record once had, or it was created again.
		if (reply === 'some') await this.forget(key);
	}

	/** Takes out a record unless it is live and this subject's. */
	async forget(key: string): Promise<void> {
		const score = await run(this.#commands, scoreScript, this.#key, [key], toText);
		if (score !== '0') await this.#check([{key, score}]);
	}

	/** Walks the keys of the live records, and takes out those that aren't any more. */
	async *walk(): Walk {
		const seen = new Set<string>();
		const ask = async (cursor: string) => {
			const [next = '0', ...flat] = await askForList(this.#commands, pageScript, this.#key, [cursor, walkStep]);
			// An entry may come twice.
			const entries = toEntries(flat).filter(({key}) => !seen.has(key));
			for (const {key} of entries) seen.add(key);
			return {next, found: await this.#check(entries)};
		};
		yield* followCursor({ask, breaks: this.#commands.breaks, canRepeat: true});
	}

	/** Gives the keys of the records that are live and this subject's, and takes out the others. */
	async #check(entries: readonly Seen[]): Promise<string[]> {
		const subject = Buffer.from(this.#subject);
		const replies = await Promise.all(
			entries.map(({key}) => ask(this.#commands, ['yes', 'no'], belongsScript, key, [Date.now(), subject])),
		);
		const gone = entries.filter(({score}, place) => replies[place] === 'no' && Number.isInteger(Number(score)));
		if (gone.length > 0) {
			const asSeen = gone.flatMap(({key, score}) => [key, score]);
			await ask(this.#commands, ['all', 'some'], leaveScript, this.#key, asSeen);
		}
		return entries.filter((_, place) => replies[place] === 'yes').map(({key}) => key);
	}

	async #write({key, expiresAt}: Entry, how: 'enter' | 'raise'): Promise<string[]> {
		const now = Date.now();
		const args = [now, timeToLive(expiresAt, now), toScore(expiresAt), key, how];
		return askForList(this.#commands, indexScript, this.#key, args);
	}
}

/** An index of this many entries may hold many that are over. */
const longIndex = 64;

/** How many entries are checked for each one that is added, on average. */
const sweepShare = 8;

/** How many records of a subject are asked for at once. */
const walkStep = 100;

/** Scores are doubles, and beyond this one there are no sixteenths. It is 17,000 years away. */
const latestScore = 2 ** 49;

const toScore = (expiresAt: number): number => Math.min(Math.ceil(expiresAt), latestScore);

const toEntries = (flat: readonly string[]): Seen[] =>
	Array.from({length: flat.length / 2}, (_, place) => ({key: flat[2 * place] ?? '', score: flat[2 * place + 1] ?? ''}));
