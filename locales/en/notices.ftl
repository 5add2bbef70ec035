# SMS texts. A single one takes 160 characters, each part of a longer one 153.

notice-registered = Your application is registered. Number: { $reference }. Decision by { $decide-by }. This service is free, pay nobody. Help: 142
notice-awaiting-notary = Your application is kept. Number: { $reference }. The number of the notarised application is missing, so the 15 working days have not begun. When you have it, dial *7142#. This service is free, pay nobody. Help: 142
notice-granted = Social assistance is granted. Application: { $reference }. Per month: { $amount }. Period: { $from }-{ $until }. An SMS will follow when your card is ready. This is free, pay nobody. Help: 142
notice-refused = Social assistance is not granted. Application: { $reference }. Reason: { $reasons }. This is free, pay nobody. Questions and complaints: 142
notice-card-ready = Your payment card is ready. Branch: { $branch }. From: { $collect-from }. Bring your ID card. The card is free, pay nobody. Help: 142
    .flash = Your card is ready. The branch and the date come by SMS. It is free. Help: 142
notice-superseded = Application { $reference } has been stopped: there is another, verified application for this FIN. This service is free, pay nobody. Help: 142
notice-not-registered = Your application could not be registered. Please dial *7142# again. This service is free, pay nobody. Help: 142
notice-already = You already have an application. Number: { $reference }. Date: { $registered-on }. This service is free, pay nobody. Help: 142
