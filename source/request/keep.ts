import type {Binding} from '../codec.ts';
import type {State} from '../records/stored-session.ts';
import type {Keep} from '../session.ts';

/** What `keep` leaves of a state. @param permanent The option's value. */
export const filter = (state: State, keep: Keep, permanent: boolean): State => {
	if (keep === true) return state;
	const data = keep === false ? [] : Object.entries(state.data).filter(([name]) => keep.includes(name));
	const kept = {data: Object.fromEntries(data), flashes: undefined, subject: undefined};
	// What the user chose at the login goes with the user.
	return {...state, ...kept, permanent, idleTimeout: undefined, absoluteTimeout: undefined};
};

/** What two regenerations in a row keep. */
export const both = (first: Keep, second: Keep): Keep => {
	if (first === true) return second;
	if (second === true || first === false) return first;
	return second === false ? false : first.filter(name => second.includes(name));
};

/**
What stays of a binding under a new id. A key that isn't confirmed may be that of somebody who planted the session before the
login. A confirmed one stays even without a proof: otherwise a thief could escape it. Without a binding, the new id makes a
new offer.
*/
export const keptBinding = (binding: Binding | undefined): Binding | undefined =>
	binding?.since === undefined ? undefined : binding;
