// The messages of the page about failures and next steps.

/** Why the service refused a token, by its verdict. */
const VERDICTS = {
  too_large: "it is longer than any token of this service",
  malformed: "it is not a token any more",
  critical_header: "it demands something that this service does not know",
  unknown_key: "it names a key that this service does not publish",
  revoked_key: "the key that signed it was revoked",
  wrong_algorithm: "it names another algorithm than its key is for",
  not_allowed: "this audience does not accept tokens of its kind",
  bad_signature: "it was changed, or somebody else signed it",
  past_deadline: "this audience no longer accepts tokens of its kind",
  wrong_claims: "it is for somebody else, or says too little",
  expired: "its time is over; log in for a new one",
  issued_too_early: "it is older than any token that this service accepts",
  not_bound: "it belongs to a key or a certificate that is not yours",
  replayed: "it was used already",
  not_yet_valid: "its time has not begun; the clocks of this service may differ",
};

/** Why a request failed, by its purpose and its status. */
const FAILURES = {
  "register 409": (name) => `The name "${name}" is taken. Choose another, or use the browser that registered it.`,
  "register 401": () => "The registration was not accepted, or came twice. If you can log in, all is well.",
  "login 401": (name) => `The login as "${name}" was not accepted. Its key may be in another browser, or try again.`,
  "login 503": (name, audience) => `Nobody can log in for ${audience} now. Try again in a minute.`,
};

const UNREACHABLE = "The service cannot be reached. Check that it runs, and try again.";
const UNAVAILABLE = "The service is too busy, or not ready. Try again in a minute.";

/** Returns a sentence about an error of `call`, `register` or `logIn`. */
export function explain({ status, verdict, message }, purpose, name, audience) {
  if (VERDICTS[verdict]) return `Refused: ${VERDICTS[verdict]}.`;
  if (FAILURES[`${purpose} ${status}`]) return FAILURES[`${purpose} ${status}`](name, audience);
  if (status === undefined) return UNREACHABLE;
  return status === 503 || status >= 500 ? UNAVAILABLE : `The service did not understand this page: ${message}.`;
}

/** The next step of the operator, or of the calendar. */
const STEPS = {
  rotate: (algorithm) => [`Publish a key for ${algorithm}: keyring rotate`],
  activate: (algorithm, when) => [`Let the next key for ${algorithm} sign: keyring activate`, ...(when ? [", from ", when] : [])],
  sign: (algorithm, when) => [`New tokens are signed with ${algorithm} from `, when],
  deadline: (algorithm, when) => [`${algorithm} is accepted no longer from `, when],
  plan: (algorithm) => [`Set a deadline for ${algorithm} in policy.toml`],
};

/** Returns the next step of an audience as text and elements; `time` makes an element of a moment. */
export function nextStep(step, time) {
  return step ? STEPS[step.step](step.algorithm, step.when && time(step.when)) : ["Done: nothing classical is accepted"];
}
