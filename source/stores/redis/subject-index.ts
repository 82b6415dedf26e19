/**
The sorted set of a subject: the keys of its records, each scored with its expiry.

The set is another key than the records, and Redis Cluster changes only one key at a time. So a set and a record may
disagree for a moment. But no record may ever be missing from its set: a logout everywhere would not find it.

- A record *enters* before it is written. Until that write is known to be over, its entry is *pending*, which the sixteenths
  of its score say. The next one to enter takes other sixteenths, so each settles only its own.
- An entry leaves only if it isn't pending, and if its score is still the one that was seen before the record was found to
  be gone. Entering over an old entry always raises its score, so an entry that was seen before can't be taken for it.
- What is left over, because a process ended too early, does no harm: a walk checks each record, and removes the entries that it
  may. All others are dropped when their expiry has passed.
*/
import {createHash} from 'node:crypto';
import type {Walk} from '../shared/walk.ts';
import type {RedisCommands} from './commands.ts';
import {belongsScript} from './record-scripts.ts';
import {ask, askForList, script, times} from './script.ts';

/**
Adds an entry or raises its score, and drops those that have expired. Replies with the sixteenths of its score.

The expiry only ever moves later here: of two writes at once, the entry must outlive the one that wins.
Without memory left, Redis refuses a script only at its first write: so that is the one which needs some.
Arguments: now, time to live, expiry, the record's key, and `enter` or `raise`.
*/
const indexScript = script(`
local known = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[4]) or 0)
local mark = known % 1
local expiry = math.max(math.floor(known), tonumber(ARGV[3]))
if ARGV[5] == 'enter' then
	expiry = math.max(math.floor(known) + 1, expiry)
	mark = mark < 15 / 16 and mark + 1 / 16 or 1 / 16
end
if expiry + mark ~= known then redis.call('ZADD', KEYS[1], string.format('%.17g', expiry + mark), ARGV[4]) end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return string.format('%d', mark * 16)
`);

/** Ends the pending state of an entry. Arguments: the record's key, the sixteenths that entering gave it. */
const settleScript = script(`
local known = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or 0)
if known % 1 ~= tonumber(ARGV[2]) / 16 then return 'kept' end
redis.call('ZADD', KEYS[1], string.format('%.17g', math.floor(known)), ARGV[1])
return 'settled'
`);

/** Removes entries that are still as they were seen. Arguments: a key and its score, the next key and its score, … */
const leaveScript = script(`
for place = 1, #ARGV, 2 do
	local score = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[place]) or 0)
	if score == tonumber(ARGV[place + 1]) then redis.call('ZREM', KEYS[1], ARGV[place]) end
end
return 'done'
`);

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
	enter(entry: Entry): Promise<number> {
		return this.#write(entry, 'enter');
	}

	/** Called when the write after `enter()` is over, whatever became of it. */
	async settle(key: string, sixteenths: number): Promise<void> {
		await ask(this.#commands, ['settled', 'kept'], settleScript, this.#key, key, sixteenths);
	}

	/** Moves the expiry of a record that is this subject's already. */
	async raise(entry: Entry): Promise<void> {
		await this.#write(entry, 'raise');
	}

	/** Takes out a record that was deleted. */
	async leave({key, expiresAt}: Entry): Promise<void> {
		await ask(this.#commands, ['done'], leaveScript, this.#key, key, toScore(expiresAt));
	}

	/** Walks the keys of the live records, and takes out those that aren't any more. */
	async *walk(): Walk {
		const subject = Buffer.from(this.#subject);
		const seen = new Set<string>();
		let cursor = '0';
		do {
			const [next = '0', ...flat] = await askForList(this.#commands, pageScript, this.#key, cursor, walkStep);
			const entries = toEntries(flat).filter(({key}) => !seen.has(key));
			const replies = await Promise.all(
				entries.map(({key}) => ask(this.#commands, ['yes', 'no'], belongsScript, key, Date.now(), subject)),
			);
			const gone = entries.filter(({score}, place) => replies[place] === 'no' && Number.isInteger(Number(score)));
			if (gone.length > 0) {
				const seen = gone.flatMap(({key, score}) => [key, score]);
				await ask(this.#commands, ['done'], leaveScript, this.#key, ...seen);
			}

			// `ZSCAN` may give an entry twice.
			for (const {key} of entries) seen.add(key);
			yield entries.filter((_, place) => replies[place] === 'yes').map(({key}) => key);
			cursor = next;
		} while (cursor !== '0');
	}

	async #write({key, expiresAt}: Entry, how: 'enter' | 'raise'): Promise<number> {
		const [now, timeToLive] = times(expiresAt);
		const args = [now, timeToLive, toScore(expiresAt), key, how];
		return Number(await ask(this.#commands, sixteenths, indexScript, this.#key, ...args));
	}
}

const sixteenths = Array.from({length: 16}, (_, mark) => String(mark));

/** How many records of a subject are asked for at once. */
const walkStep = 100;

/** Scores are doubles, and beyond this one there are no sixteenths. It is 17,000 years away. */
const latestScore = 2 ** 49;

const toScore = (expiresAt: number): number => Math.min(Math.ceil(expiresAt), latestScore);

const toEntries = (flat: readonly string[]): {key: string; score: string}[] =>
	Array.from({length: flat.length / 2}, (_, place) => ({key: flat[2 * place] ?? '', score: flat[2 * place + 1] ?? ''}));
