import {createHash} from 'node:crypto';

/** The handle of an id, as `sessions.list()` gives it: names a session and opens none. */
export const handleOf = (id: string): string => createHash('sha256').update(id).digest('base64url');
