# My application: the stage, and with the last 4 digits of the ID card the details.

status-none =
    There is no application from this number.
    Help: 142
    .opt-apply = New application
status-awaiting =
    { $ask-reference }
    We cannot decide without the number of the notarised application.
    .opt-number = I have the number
status-gathering =
    { $ask-reference } is being checked.
    Decision by { $ask-decide-by }
    This service is free. Pay nobody. Help: 142
status-gathering-undated =
    { $ask-reference } is being checked.
    We cannot name the day of the decision yet.
    This service is free. Pay nobody. Help: 142
status-late =
    { $ask-reference }: the decision is late, we are sorry.
    This service is free. Pay nobody. Help: 142
status-granted =
    { $ask-reference }
    Decision: assistance granted
    .opt-details = Amount and period
status-refused =
    { $ask-reference }
    Decision: refused
    .opt-details = Reason
status-card-ready = { $ask-reference }: your card is ready
    .opt-card = Where and when
    .opt-details = Amount and period
status-superseded =
    { $ask-reference } has been stopped: there is another application for this FIN. Was it not you? Call 142. This service is free. Pay nobody.

status-last-four = Last 4 digits of your ID card number:
    .error = Please type 4 digits.
status-wrong =
    These digits do not match.
    Help: 142
    .opt-again = Try again
status-locked =
    Too many tries. Please try again in 24 hours.
    Help: 142
status-not-begun =
    We cannot decide without the number of the notarised application: dial *7142*2#
    This service is free. Pay nobody. Help: 142
status-undecided =
    There is no decision yet.
    It comes by { $explain-decide-by }
    This service is free. Pay nobody. Help: 142
status-undecided-undated =
    There is no decision yet.
    We cannot name its day yet.
    This service is free. Pay nobody. Help: 142
status-undecided-late =
    The decision is late, we are sorry.
    This service is free. Pay nobody. Help: 142
status-award =
    { $explain-amount } a month
    { $explain-from }-{ $explain-until }
    This service is free. Pay nobody. Help: 142
status-reasons =
    Reason: { $explain-reasons }
    This service is free. Pay nobody. Help: 142
status-later =
    There is no answer yet. Please dial *7142# again later.
    Help: 142
    .sms =
        There is no answer yet. Please write again later.
        Help: 142
