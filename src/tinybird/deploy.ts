// Uploading the whole project, and what the server makes of it.
import * as z from 'zod';
import type { Reply } from './call.ts';
import {
  DeploymentShape,
  deploymentOf,
  ErrorShape,
  errorsOf,
  feedbackOf,
  NO_NAMES,
  namesOf,
  tokenChangesOf,
} from './deployments.ts';
import type { Client } from './http.ts';
import type { DeployAnswer, DeployOptions, FileMessage, UploadFile } from './ports.ts';

const AnswerShape = z.object({
  result: z.enum(['success', 'failed', 'no_changes']).optional(),
  deployment: DeploymentShape.nullish(),
  errors: z.array(ErrorShape).nullish(),
  error: z.string().nullish(),
});
type AnswerJson = z.infer<typeof AnswerShape>;

export async function deploy(
  client: Client,
  files: readonly UploadFile[],
  { check, destructive }: DeployOptions,
): Promise<DeployAnswer> {
  const query = {
    ...(check ? { check } : {}),
    ...(destructive ? { allow_destructive_operations: true } : {}),
  };
  const json = await client.json(
    { method: 'POST', path: '/v1/deploy', query, body: { files }, accept: isAnswer, idempotent: check },
    AnswerShape.refine(
      (answer) => answer.result !== undefined || whyFailed(answer, (text) => text).length > 0,
      {
        path: ['result'],
        message: 'missing',
      },
    ).refine((answer) => answer.result !== 'success' || check || Boolean(answer.deployment?.id), {
      path: ['deployment', 'id'],
      message: 'missing',
    }),
  );
  return answerOf(json, client);
}

/** A failed result may come as 400 or 403, and so may other errors: the body decides, the status only when it is silent. */
function isAnswer({ status, text }: Reply): boolean {
  if (status !== 400 && status !== 403) return false;
  try {
    const parsed = AnswerShape.safeParse(JSON.parse(text));
    return parsed.success && (parsed.data.result !== undefined || status === 400);
  } catch {
    return false;
  }
}

function answerOf(json: AnswerJson, { redact }: Client): DeployAnswer {
  const { result = 'failed' } = json;
  const { warnings } = feedbackOf(json.deployment?.feedback, redact);
  if (result === 'no_changes') return { result, warnings };
  const deployment = json.deployment ? deploymentOf(json.deployment, redact) : null;
  const names = json.deployment ? namesOf(json.deployment) : null;
  const tokenChanges = json.deployment ? tokenChangesOf(json.deployment) : [];
  if (result === 'success') return { result, deployment, names: names ?? NO_NAMES, tokenChanges, warnings };
  const said = whyFailed(json, redact);
  const errors = said.length > 0 ? said : [{ file: null, message: 'The server gives no reason.' }];
  const inProgress = errors.some(({ message }) => /\bdeployment\b.*\bin progress\b/i.test(message));
  return { result, deployment, names, tokenChanges, warnings, errors, inProgress };
}

/** Where the server says why, the most telling place first; the others repeat it. */
function whyFailed({ deployment, errors, error }: AnswerJson, redact: Client['redact']): FileMessage[] {
  const places = [
    feedbackOf(deployment?.feedback, redact).errors,
    errorsOf(deployment?.errors, redact),
    errorsOf(errors, redact),
    error ? [{ file: null, message: redact(error) }] : [],
  ];
  return places.find((place) => place.length > 0) ?? [];
}
