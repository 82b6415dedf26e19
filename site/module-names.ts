import {type Application, type Context, Converter} from 'typedoc';

/** A plugin of TypeDoc. Names each module by what one imports: `koa-server-session/stores/redis` for `stores/redis.ts`. */
export const load = ({converter}: Application): void => {
	converter.on(Converter.EVENT_RESOLVE_BEGIN, ({project}: Context) => {
		for (const module of project.children ?? [])
			module.name = `koa-server-session/${module.name}`.replace(/\/index$/, '');
	});
};
