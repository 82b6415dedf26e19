import {Draft} from './draft.ts';
import {SessionError} from './errors.ts';
import {publish} from './events.ts';
import type {Holding} from './holding.ts';
import {regenerate} from './regeneration.ts';
import type {Session} from './session.ts';
import type {State, StoredSession} from './stored-session.ts';

/** Runs work of one request, one piece after another. */
export type Queue = <Result>(work: () => Promise<Result>) => Promise<Result>;

/**
Changes a session exactly: `change` runs on the newest stored state, again and again until its write wins.

It runs outside of the queue, so that one update within another, or beside it, can't wait for itself.
*/
export const update = async <Result>(
	holding: Holding,
	inTurn: Queue,
	change: (session: Session) => Result | Promise<Result>,
): Promise<Result> => {
	for (let tries = 1; ; tries++) {
		const from = await inTurn(() => prepare(holding));
		const draft = new Draft(holding, from);
		const result = await change(draft.session as unknown as Session);
		if (await inTurn(() => write(holding, from, draft.state, tries))) return result;
	}
};

/** What to start from. A new id that isn't written yet comes first, with what is stored; unsaved changes stay unsaved. */
const prepare = async (holding: Holding): Promise<StoredSession | undefined> => {
	if (holding.isMoving) {
		await regenerate(holding, 'discard');
		holding.deliver();
	}

	if (holding.standing === 'unavailable') throw unavailable();
	if (holding.standing !== 'open' || holding.isEnded) throw destroyed();
	return holding.stored;
};

/** Writes what became of `from`; `false` if that isn't the newest state any more. */
const write = async (
	holding: Holding,
	from: StoredSession | undefined,
	state: State,
	tries: number,
): Promise<boolean> => {
	if (holding.stored !== from || holding.isMoving) return false;

	const {generation} = holding.live;
	if (!from) {
		await createFrom(holding, state);
		return true;
	}

	const bytes = from.encode(state);
	if (bytes === from.record.bytes && state.subject === from.record.subject) return true;
	if (bytes === undefined) {
		holding.forget();
		await holding.endForgotten();
		return true;
	}

	const answer = await holding.records.replace(from, bytes, holding.expiryOf(from, state), state);
	if (answer === 'conflict' && (await holding.catchUp(from, tries, {hasChanges: true}))) return false;
	if (answer === 'missing') holding.lose('ended', {hasChanges: true});
	if (typeof answer === 'string') throw destroyed();

	if (generation === holding.live.generation) holding.rebase(from.state(), answer.state());
	holding.take(answer, generation);
	holding.deliver();
	return true;
};

/** Stores a new session of what `update()` made alone; the route's own changes come with the commit. */
const createFrom = async (holding: Holding, state: State): Promise<void> => {
	const {live, exchange} = holding;
	if (state.subject === undefined && Object.keys(state.data).length === 0) return;

	if (exchange.delivery() !== 'possible') {
		publish('lost', () => ({session: '', reason: 'undeliverable'}));
		return;
	}

	const {generation, blank} = live;
	await holding.create(state);
	if (generation === live.generation && holding.stored) holding.rebase(blank, holding.stored.state());
	holding.deliver();
};

const destroyed = () =>
	new SessionError(
		'ERR_SESSION_DESTROYED',
		'The session was ended, by this request or another one, so `update()` has nothing to change. Start a new one by writing to it',
	);

const unavailable = () =>
	new SessionError(
		'ERR_SESSION_STORE',
		'The session could not be loaded, so `update()` has nothing to change. Try again when the store is back',
	);
