/** What `bySubject()` and `keys()` return: lists of keys, some of which may be empty. */
export type Walk = AsyncGenerator<readonly string[], void, undefined>;
