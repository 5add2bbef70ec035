# SMS texts. A single one takes 160 characters, each part of a longer one 153.

notice-registered = Your application is registered. Number: { $reference }. Decision by { $decide-by }. This service is free, pay nobody. Help: 142
notice-registered-undated = Your application is registered. Number: { $reference }. We cannot name the day of the decision yet: the rules or working days for this time are not settled. We will text you. This service is free, pay nobody. Help: 142
notice-deadline = Application { $reference }: decision by { $decide-by }. This service is free, pay nobody. Help: 142
notice-awaiting-notary = Your application is kept: { $reference }. We cannot decide without the number of the notarised application. When you have it, dial *7142*2#. This is free, pay nobody. Help: 142
notice-granted = Targeted social assistance is granted. Application: { $reference }. Per month: { $amount }. Period: { $from }-{ $until }. An SMS will follow when your card is ready. The system decided, pay nobody. Help: 142
notice-refused = Application { $reference }: targeted social assistance is refused. Reason: { $reasons }. If you do not agree, call 142. This is free, pay nobody.
notice-card-ready = Your payment card is ready. Collect it from { $collect-from } at: { $branch }. Bring your ID card. The card is free, pay nobody. Help: 142
    .flash = Your card is ready. The branch and the date come by SMS. It is free. Help: 142
notice-superseded = Application { $reference } has been stopped: there is another, verified application for this FIN. If you did not send it, call 142. This service is free.
notice-late = Application { $reference }: the decision is late, we are sorry. We are waiting for a state body. You need do nothing. Help: 142
notice-unproven = Application { $reference }: somebody you named is not confirmed as a member of your family, and the decision waits for it. Call 142. This is free, pay nobody.
notice-contested = Application { $reference }: a member of your family is in the application of another family, too. If that is wrong, call 142. This is free, pay nobody.
notice-not-registered = We are sorry: your application could not be registered. Please dial *7142# again. This service is free, pay nobody. Help: 142
notice-already = You already have an application. Number: { $reference }. Date: { $registered-on }. This service is free, pay nobody. Help: 142
