# Before an application: who has one already hears of it at once.

begin-has-awaiting = You have an application: { $find-reference }. It needs its notary number.
    .error = Please choose:
    .sms = You have an application: { $find-reference }. We cannot decide without the number of the notarised application.
    .opt-number = Give the number
    .opt-status = See how far it is
    .opt-other = Apply for another family
begin-has = You have an application already: { $find-reference }
    .opt-status = My application
    .opt-other = Apply for another family
