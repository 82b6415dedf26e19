import {isCodecName} from './codecs.ts';
import {formToken} from './form.ts';
import {codecPage} from './pages/codec.ts';
import {keysPage} from './pages/keys.ts';
import type {RoutesOptions} from './routes.ts';
import {type Show, seeOther} from './show.ts';
import type {VisitRouter} from './visit.ts';

/** Adds what an application of your own would let its operators do, and nobody else: change keys and the codec. */
export const addOperatorRoutes = (
	router: VisitRouter,
	show: Show,
	{signingKeys, encryptionKeys, codecs, switchCodec}: RoutesOptions,
): void => {
	router.get('/keys', ctx =>
		show(
			ctx,
			'Keys',
			keysPage({
				signing: signingKeys.keys,
				encryption: encryptionKeys.keys,
				codec: codecs.newest,
				token: formToken(ctx.session),
			}),
		),
	);

	router.post('/keys/rotate', ctx => {
		const kind = ctx.state.form.get('kind');
		if (kind === 'signing') signingKeys.rotate();
		else if (kind === 'encryption') encryptionKeys.rotate();
		else ctx.throw(422);
		seeOther(ctx, '/keys');
	});

	router.get('/codec', ctx => show(ctx, 'Codec', codecPage(codecs, formToken(ctx.session))));

	router.post('/codec/switch', ctx => {
		const wanted = ctx.state.form.get('to');
		if (!isCodecName(wanted)) return ctx.throw(422);
		// A second tab may have switched already.
		if (wanted !== codecs.newest && !codecs.isFull) switchCodec(wanted);
		seeOther(ctx, '/codec');
	});
};
