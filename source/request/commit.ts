import type {Stored} from '../codec.ts';
import {isStoreFault} from '../errors.ts';
import {publish} from '../events.ts';
import type {State, StoredSession} from '../records/stored-session.ts';
import {equal} from './equal.ts';
import type {Holding} from './holding.ts';
import {type Outcome, outcome} from './outcome.ts';
import {regenerate} from './regeneration.ts';

/**
Writes what a request made of its session, by compare-and-swap, and tells the client.

@param mode `save`: everything, or it fails. `finish`: everything, but for what a failing store may cost a request that
ends. `discard`: only what a request that failed keeps, a new id or the end of a session.
@returns `undefined` where there is nothing to wait for, as after most requests.
*/
export const commit = (holding: Holding, mode: Mode): Promise<void> | undefined => {
	const {stored, live, hasForgotten, isMoving} = holding;
	if (hasForgotten || isMoving || mode === 'discard') return commitSpecial(holding, mode);

	const weighed = stored && weigh(holding, stored);
	if (weighed && weighed.decision !== 'nothing') return writeStored(holding, weighed);
	if (!stored && live.hasContent) return writeNew(holding, mode);
	holding.deliver();
	return undefined;
};

type Mode = 'save' | 'finish' | 'discard';

/** What ends a session, moves it, or comes from a request that failed. */
const commitSpecial = async (holding: Holding, mode: Mode): Promise<void> => {
	if (holding.hasForgotten) await holding.endForgotten();
	if (holding.isMoving) await regenerate(holding, mode === 'discard' ? mode : 'save');
	else if (mode === 'discard') reportDiscarded(holding);
	else if (holding.stored) return writeStored(holding, weigh(holding, holding.stored));
	else if (holding.live.hasContent) return writeNew(holding, mode);
	holding.deliver();
};

const writeNew = async (holding: Holding, mode: 'save' | 'finish'): Promise<void> => {
	const {standing, live, exchange} = holding;
	const delivery = exchange.delivery();
	const decision = outcome({
		standing: standing === 'open' ? 'new' : 'closed',
		change: 'some',
		isDeliverable: delivery === 'possible',
		isTouchDue: false,
	});

	if (decision === 'create') {
		const create = () => holding.create(live.state);
		await (mode === 'save' ? create() : tolerate(holding, create));
	} else {
		if (mode === 'save') holding.checkAvailable();
		if (delivery === 'sent') publish('late-write', () => ({session: '', path: exchange.path}));
		publish('lost', () => ({session: '', reason: standing === 'open' ? 'undeliverable' : standing}));
	}

	holding.deliver();
};

/** What became of a stored session: the state, its bytes, and what is to be done about them. */
const weigh = ({live, records}: Holding, stored: StoredSession): Weighed => {
	const {record} = stored;
	const state = live.isUsed ? live.state : stored.lend();
	const bytes = live.isUsed ? stored.encode(state) : record.bytes;
	const isSame = bytes === record.bytes && state.subject === record.subject;
	const decision = outcome({
		standing: 'stored',
		change: bytes === undefined ? 'emptied' : isSame ? 'none' : 'some',
		isDeliverable: true,
		isTouchDue: records.dueExpiry(record.expiresAt, state.createdAt) !== undefined,
	});
	return {stored, state, bytes, decision};
};

type Weighed = {
	readonly stored: StoredSession;
	readonly state: State;
	readonly bytes: Stored;
	readonly decision: Outcome;
};

const writeStored = async (holding: Holding, first: Weighed): Promise<void> => {
	const {live, records, exchange} = holding;
	let weighed: Weighed | undefined = first;

	for (let tries = 1; weighed && weighed.decision !== 'nothing'; tries++) {
		const {stored, state, bytes, decision}: Weighed = weighed;
		weighed = undefined;
		if (decision === 'delete' || bytes === undefined) {
			holding.forget();
			await holding.endForgotten();
			break;
		}

		const {generation} = live;
		const expiresAt = holding.expiryOf(stored, state);
		const answer =
			decision === 'touch'
				? await tolerate(holding, () => records.touch(stored, expiresAt))
				: await records.replace(stored, bytes, expiresAt, state);

		const changes = {hasChanges: decision === 'update'};
		if (answer === 'missing') holding.lose(stored, 'ended', changes);
		else if (answer === 'conflict') {
			const catchUp = () => holding.catchUp(stored, tries, changes);
			const isBehind = await (decision === 'touch' ? tolerate(holding, catchUp) : catchUp());
			if (isBehind && holding.stored) weighed = weigh(holding, holding.stored);
		} else if (answer) {
			if (changes.hasChanges && exchange.delivery() === 'sent') {
				publish('late-write', () => ({session: holding.name, path: exchange.path}));
			}

			holding.take(answer, generation);
		}
	}

	holding.deliver();
};

/** With `onStoreError: 'anonymous'`, a failing store costs no request that loses nothing the client was promised. */
const tolerate = async <Result>(holding: Holding, work: () => Promise<Result>): Promise<Result | undefined> => {
	try {
		return await work();
	} catch (error) {
		if (!holding.isTolerant || !isStoreFault(error)) throw error;
		holding.notice.mustIssue = false;
		return undefined;
	}
};

const reportDiscarded = ({live, stored, name}: Holding): void => {
	if (live.isUsed && (stored ? hasChanged(stored, live.state) : live.hasContent)) {
		publish('lost', () => ({session: name, reason: 'failed'}));
	}
};

const hasChanged = (stored: StoredSession, state: State): boolean => {
	try {
		// Not by its bytes: they differ already where an older codec or key wrote what is stored.
		return !equal(state, stored.state());
	} catch {
		// What can't even be compared wasn't stored before.
		return true;
	}
};
