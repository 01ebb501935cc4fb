/** Who I am: sign in, refresh, sign out; the access token lives in memory, the refresh token in a cookie. */
import { signal } from "@preact/signals";
import type { Me, Role, School, Session as Granted, SignIn, User } from "../protocol/api";
import { api, type Api, type Bearer } from "./api";
import { Refused } from "./errors";

/** Says to this browser's other tabs, and to the next visit, that there is a session to refresh. */
const MARK = "lectern.signed_in";
const LOCK = "lectern.refresh";
/** A token that ends sooner is refreshed before it is used. */
const EARLY_MS = 30_000;

export interface Person {
  readonly user: User;
  /** Comes a moment after the person. */
  readonly school: School | null;
}

/** `undefined`: not known yet; `null`: nobody is signed in. */
export const me = signal<Person | null | undefined>(undefined);

export function has(...roles: readonly Role[]): boolean {
  return me.value?.user.roles.some((role) => roles.includes(role)) ?? false;
}

function mark(signedIn: boolean): void {
  try {
    if (signedIn) localStorage.setItem(MARK, "1");
    else localStorage.removeItem(MARK);
  } catch {
    // Storage may be forbidden; then each visit asks the server.
  }
}

function marked(): boolean {
  try {
    return localStorage.getItem(MARK) !== null;
  } catch {
    // Storage may be forbidden; then the server is asked.
    return true;
  }
}

/** Runs one refresh of this browser at a time: a refresh token that is used twice ends the whole session. */
type Alone = (work: () => Promise<Granted>) => Promise<Granted>;

export class Session implements Bearer {
  private token: string | null = null;
  private goodUntil = 0;
  private refreshing: Promise<string | null> | null = null;
  /** The school could not be asked who this is; it is asked with the first call that gets through. */
  private owed = false;

  constructor(
    private readonly client: Api,
    private readonly now: () => number,
    private readonly alone: Alone,
  ) {}

  async current(): Promise<string | null> {
    if (this.token === null && this.owed) return await this.refresh();
    if (this.token === null || this.now() < this.goodUntil - EARLY_MS) return this.token;
    return await this.refresh();
  }

  async refreshed(refused: string): Promise<string | null> {
    // Somebody else may have refreshed while this call was under way.
    if (this.token !== null && this.token !== refused) return this.token;
    return await this.refresh();
  }

  /** Finds out who is here, once, when the page starts. */
  async restore(): Promise<void> {
    const token = marked() ? await this.refresh() : null;
    if (token === null) this.forget();
  }

  /** An exam, or a lesson, goes on where the school cannot be reached: this browser knows whose it is. */
  standIn(user: User): void {
    this.owed = true;
    me.value = { user, school: null };
  }

  async signIn(who: SignIn): Promise<void> {
    this.take(await this.client.post<Granted>("/sessions", who, { anonymous: true }));
  }

  async signOut(): Promise<void> {
    try {
      if (this.token !== null) await this.client.delete("/sessions/current");
    } catch (error) {
      // A session that is over already is what was wished for.
      if (!(error instanceof Refused && error.status === 401)) throw error;
    }
    this.forget();
  }

  /** Nobody is signed in here any more. */
  forget(): void {
    this.token = null;
    this.owed = false;
    mark(false);
    me.value = null;
  }

  private take(granted: Granted): void {
    this.token = granted.access_token;
    this.owed = false;
    this.goodUntil = this.now() + granted.expires_in * 1000;
    mark(true);
    const known = me.value?.school ?? null;
    me.value = { user: granted.user, school: known };
    if (!known) void this.learnSchool();
  }

  private async learnSchool(): Promise<void> {
    try {
      const { user, school } = await this.client.get<Me>("/me");
      if (me.value) me.value = { user, school };
    } catch {
      // The pages work without the school's name; the next refresh asks again.
    }
  }

  /** All who wait share one refresh. */
  private refresh(): Promise<string | null> {
    this.refreshing ??= this.renew().finally(() => {
      this.refreshing = null;
    });
    return this.refreshing;
  }

  private async renew(): Promise<string | null> {
    // Where the school is known to be away, whoever asks has a patience of its own.
    const call = { anonymous: true, ...(this.owed ? { tries: 1 } : {}) };
    try {
      this.take(await this.alone(() => this.client.post<Granted>("/sessions/refresh", {}, call)));
      return this.token;
    } catch (error) {
      if (!(error instanceof Refused && (error.status === 401 || error.status === 403))) throw error;
      this.forget();
      return null;
    }
  }
}

// Locks are there only on secure origins; elsewhere tabs take their chance.
const oneTabAtATime: Alone = async (work) =>
  "locks" in navigator ? await navigator.locks.request(LOCK, work) : await work();

export const session = new Session(api, () => Date.now(), oneTabAtATime);
api.use(session);

/** Another tab signed out: this one is signed out too. */
export function followOtherTabs(): void {
  window.addEventListener("storage", ({ key, newValue }) => {
    if (key === MARK && newValue === null && me.value) session.forget();
  });
}
