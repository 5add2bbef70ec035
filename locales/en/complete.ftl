# The number of the notarised application, given alone after the application.

complete-number =
    Application { $find-reference }
    Number of the notarised application (4-12 digits):
    .error = This number has 4-12 digits.
complete-registered =
    Registered on { $send-registered-on }
    Number: { $send-reference }
    Decision by { $send-decide-by }
    This service is free. Pay nobody. Help: 142
complete-undated =
    Registered. Number: { $send-reference }
    We cannot name the day of the decision yet.
    This service is free. Pay nobody. Help: 142
complete-already =
    We have this number already:
    { $send-reference }
    registered on { $send-registered-on }
    This service is free. Pay nobody. Help: 142
complete-not-awaiting =
    { $find-reference } needs no number.
    To see how far it is, dial *7142*2#
    This service is free. Pay nobody. Help: 142
    .sms =
        { $find-reference } needs no number.
        To see how far it is, write STATUS.
        This service is free. Pay nobody. Help: 142
complete-none =
    No application of yours is waiting for a number.
    To apply, dial *7142*1#
    Help: 142
    .sms =
        No application of yours is waiting for a number.
        To apply, write APPLY.
        Help: 142
complete-recorded =
    Your number is recorded. The answer will come by SMS.
    This service is free. Pay nobody. Help: 142
complete-not-registered =
    The number is not registered yet.
    Please dial *7142*2# again later.
    This service is free. Help: 142
    .sms =
        The number is not registered yet.
        Please write NOTARY again later.
        This service is free. Help: 142
complete-later =
    There is no answer yet. Please dial *7142*2# again later.
    Help: 142
    .sms =
        There is no answer yet. Please write NOTARY again later.
        Help: 142

notice-number-not-taken = The number of the notarised application could not be taken. Please look at your application: dial *7142*2#. This service is free, pay nobody. Help: 142
