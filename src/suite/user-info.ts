/** Whether a URL carries a user name or a password in front of its host. */
export function hasUserInfo(url: string): boolean {
  const { username, password } = URL.parse(url) ?? { username: '', password: '' };
  return username !== '' || password !== '';
}

/** Text for people with what stands before the `@` of a URL blotted out, also where the URL is broken: it may be a password. */
export const withoutUserInfo = (text: string): string =>
  text.replaceAll(/(^|[="])((?:[a-z][a-z0-9+.-]*:\/\/)?)[^\s"]*@/gi, '$1$2...@');

export const USER_INFO = 'a URL with a user name or password in it would be kept in the run record';
export const USER_INFO_MEND =
  "Leave out what stands before the @; name the environment variable of the server's key by api_key_env in a lab file.";
