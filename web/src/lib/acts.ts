// What a person does to a case, from whatever page: asked of the hub once, told in short words.
import { api, onceKey, read, type Schemas } from './api/client';
import { wordsOf } from './api/problem';
import { toasts } from './toast.svelte';

/** Takes a case: nobody else is paged for it. Gives the case as it is then, or null where it did not work. */
export async function acknowledge(id: string): Promise<Schemas['CaseDetail'] | null> {
  try {
    const done = await read(
      api.POST('/api/v1/cases/{id}/acknowledge', {
        params: { path: { id }, header: { 'Idempotency-Key': onceKey() } },
        body: {},
      }),
    );
    toasts.done(`You have ${id}. Nobody else is paged for it.`);
    return done;
  } catch (error) {
    toasts.failed(`${id} was not acknowledged: ${wordsOf(error)}`);
    return null;
  }
}
