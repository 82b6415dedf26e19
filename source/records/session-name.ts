import {handleOf} from '../tokens/identifier.ts';

/** Names one session: by the id, which only its client has, or by the handle that `list()` gives. */
export type SessionName = {readonly id: string} | {readonly handle: string};

/** The handle of a session, however it is named. */
export const handleNamed = (name: SessionName): string => ('id' in name ? handleOf(name.id) : name.handle);
