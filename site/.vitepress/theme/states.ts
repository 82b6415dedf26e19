import type {News} from '../../../source/request/exchange.ts';
import type {LossReason, Standing} from '../../../source/request/standing.ts';

/** What a request knows of its session: `Standing` and `Held`, with a letter for each id. */
export type State = {
	readonly kind: Standing['kind'];

	/** The session that is stored. */
	readonly id?: string;

	/** Whether the store failed while its new id was written. */
	readonly hasFault?: boolean;

	/** Whether its expiry is later now than the client knows. */
	readonly isExtended?: boolean;

	/** Why it is lost. */
	readonly reason?: LossReason;

	/** The lost session, if it may live on. */
	readonly was?: string;

	/** The session whose token the client holds. */
	readonly held?: string;

	/** Whether the response can't carry a token. */
	readonly isRefused?: boolean;

	/** What happened last. */
	readonly why: string;
};

/** Something that may happen. `to`: what comes of it, or `undefined` where it can't happen. */
export type Happening = {readonly name: string; readonly to: (state: State) => State | undefined};

/** What the response tells the client. `undefined`: nothing. */
export const tell = ({kind, id, held, isExtended, isRefused}: State): News['kind'] | undefined => {
	if (isRefused) return undefined;
	if (kind === 'new') return held ? 'clear' : undefined;
	return kind === 'stored' && (id !== held || isExtended) ? 'token' : undefined;
};

/** How a request begins. */
export const beginnings: readonly [Happening, ...Happening[]] = [
	{
		name: 'It has no token',
		to: () => ({kind: 'new', why: 'A request came without a token. Nothing is stored before the route writes.'}),
	},
	{
		name: 'It has a session’s token',
		to: () => ({kind: 'stored', id: 'A', held: 'A', why: 'The token led to a stored session.'}),
	},
	{
		name: 'It extends its session',
		to: () => ({
			...{kind: 'stored', id: 'A', held: 'A', isExtended: true},
			why: 'The expiry was due to be extended, so the response brings the token with its new expiry.',
		}),
	},
	{
		name: 'Its session has ended',
		to: () => ({kind: 'new', why: 'The token led to nothing. The request that ended the session has told the client.'}),
	},
	{
		name: 'Its session has a new id',
		to: () => ({
			...{kind: 'lost', reason: 'moved'},
			why: 'The token led to a tombstone. The response of another request has the new token.',
		}),
	},
	{
		name: 'It lacks its device’s proof',
		to: () => ({
			...{kind: 'lost', reason: 'unproven', was: 'A', held: 'A'},
			why: 'The session is bound to a device, and the request came without the proof of it.',
		}),
	},
	{
		name: 'The store fails',
		to: () => ({
			kind: 'unavailable',
			why: "The response is 503. With `onStoreError: 'anonymous'`, the route runs with an empty session that can’t be saved.",
		}),
	},
];

/** What may happen while the request runs. */
export const happenings: readonly Happening[] = [
	{
		name: 'The route writes data',
		to(state) {
			if (state.kind === 'new') return {...stored(state, nextId(state)), why: 'A record was created under a new id.'};
			if (state.hasFault) return undefined;
			if (state.kind === 'stored') return {...state, why: 'The record was updated by compare-and-swap.'};
			return {
				...state,
				why: `The change is dropped. The event \`lost\` has the reason \`${state.reason ?? state.kind}\`.`,
			};
		},
	},
	{
		name: 'The route calls regenerate()',
		to(state) {
			const {kind, was, reason} = state;
			if (kind === 'new') return {...state, why: 'Nothing is stored yet, so only the id to come is another one.'};
			if (reason === 'unproven' || (reason === 'moved' && was === undefined))
				return {kind: 'new', why: 'A log-in starts another session.'};
			if (kind !== 'stored') return undefined;
			if (state.hasFault)
				return {...state, why: 'It fails with the same error: a second try could find its own tombstone.'};
			return {
				...stored(state, nextId(state)),
				why: 'The record was written under a new id. Then a tombstone took the place of the old one.',
			};
		},
	},
	{
		name: 'The store fails during regenerate()',
		to: state =>
			isSound(state) ? {...state, hasFault: true, why: 'Nobody knows whether the old id is still valid.'} : undefined,
	},
	{
		name: 'regenerate() can’t send its token',
		to: state =>
			isSound(state)
				? {
						...lost(state, 'undeliverable'),
						isRefused: true,
						why: 'The response can’t carry a token, as that of an upgrade. The session stays under its old id.',
					}
				: undefined,
	},
	{
		name: 'The route calls destroy()',
		to(state) {
			const {kind, id, was, reason, held, isRefused = false} = state;
			if (kind === 'new') return undefined;
			if (kind === 'unavailable') return {...state, why: 'It fails, so that nothing looks ended that isn’t.'};
			if (reason === 'moved' && was === undefined)
				return {...state, why: 'The session ends under its new id. The token that came opens nothing.'};
			return {
				...{kind: 'new', isRefused, ...(held && {held})},
				why:
					id || was
						? 'This request ended the session, so it clears the token.'
						: 'Another request had ended it before.',
			};
		},
	},
	{
		name: 'Another request ends it first',
		to: state =>
			isShared(state)
				? {kind: 'lost', reason: 'ended', why: 'The late write is dropped. The other response cleared the token.'}
				: undefined,
	},
	{
		name: 'Another request regenerates it first',
		to: state =>
			isShared(state)
				? {...lost(state, 'moved'), why: 'The late write is dropped. The other response has the new token.'}
				: undefined,
	},
];

/** The arrows of the diagram, which are all changes of a request's standing. */
export const arrows: readonly {
	readonly from: State['kind'];
	readonly to: State['kind'];
	readonly text: string;
	readonly path: string;
	readonly x: number;
	readonly y: number;
}[] = [
	{from: 'new', to: 'stored', text: 'write', path: 'M150 134H203', x: 180, y: 128},
	{from: 'stored', to: 'new', text: 'destroy', path: 'M210 156H157', x: 180, y: 170},
	{from: 'stored', to: 'lost', text: 'lose', path: 'M290 168V219', x: 306, y: 200},
	{from: 'lost', to: 'new', text: 'begin again', path: 'M210 240L125 173', x: 118, y: 210},
];

const stored = ({held}: State, id: string): Omit<State, 'why'> => ({kind: 'stored', id, ...(held && {held})});

const lost = ({id, held}: State, reason: LossReason): Omit<State, 'why'> => ({
	...{kind: 'lost', reason},
	...(id && {was: id}),
	...(held && {held}),
});

const isSound = ({kind, hasFault = false}: State): boolean => kind === 'stored' && !hasFault;

/** Whether other requests may know the session, too. */
const isShared = (state: State): boolean => isSound(state) && state.id === state.held;

const nextId = ({id, held}: State): string => {
	const latest = id ?? held;
	return latest ? String.fromCharCode(latest.charCodeAt(0) + 1) : 'A';
};
