import {handleOf} from '../tokens/identifier.ts';

/** Names one session: by its id, which only its client has, or by its handle, as in `list()`. */
export type SessionName = {readonly id: string} | {readonly handle: string};

/** The handle of a session, however it is named. */
export const handleNamed = (name: SessionName): string => ('id' in name ? handleOf(name.id) : name.handle);
