/**
Where a session has the kinds of its waiting messages. For what is compatible with other flash libraries, and no member.

A registered symbol, because each entry point of the package has its own copy of the modules that it imports.
*/
export const flashKinds = Symbol.for('koa-server-session flash kinds');
