# The service's own words: they are on every screen, so they are short.
# A USSD screen in English takes 182 characters, as long as none leaves the GSM alphabet.

shell-back = Back
shell-home = Menu
shell-next = More
shell-yes = Yes
shell-no = No
shell-none = not given
shell-choose = Please choose again.
shell-unreadable = We could not read that.
shell-unseen = Please look at the rest first: 98
shell-confirm = { $value }: is this right?
shell-help = Your answers are kept. Help: call 142. This service is free.
shell-retry = Try again
shell-resume = Your application is not finished.
shell-continue = Continue
shell-again = Start again
shell-discard = Delete what you have typed, and start again?
shell-restarted = Sorry, we start again.
shell-ended = We cannot go on right now. Please dial *7142# again later. Help: 142
    .sms = We cannot go on right now. Please write again later. Help: 142
shell-news = A message for you:
shell-usage = Please dial *7142# alone and answer the questions. It is free. Help: 142
shell-incomplete = Your message did not arrive whole. Please write it again, shorter. Help: 142
shell-pause = We do not understand your texts and stop answering for now. Dial *7142# or call 142.
shell-tomorrow = Too many texts today: we go on tomorrow. Until then dial *7142# or call 142.
