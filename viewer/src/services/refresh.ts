/** How often roll-ups are asked for again while the page is visible and the period ends now. */
export const kRefreshSeconds = 5;
