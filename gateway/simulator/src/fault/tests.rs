use super::*;

fn fault(text: &str) -> Fault {
    text.parse().unwrap_or_else(|why| panic!("{text}: {why}"))
}

#[test]
fn k5_a_fault_is_read_as_it_is_written() {
    for text in [
        "bind-status=RINVPASWD",
        "bind-silent,times=2",
        "status=RTHROTTLED,every=3,to=99450",
        "status=0x451",
        "nack=RINVCMDLEN",
        "response-late=1500",
        "response-lost,every=2",
        "response-sequence",
        "response-command",
        "receipt=UNDELIV,to=994551234567",
        "receipt-lost",
        "deliver-twice",
        "deliver-parameter",
        "enquire-link-silent",
        "cut,times=1,after=3",
        "cut-octets=40,times=1",
        "unbind,times=1",
        "length=4294967295,times=1",
        "command=0x0000ffff,times=1",
        "half-open,after=1",
        "slow=10",
    ] {
        assert_eq!(fault(text).to_string(), text);
    }
    assert_eq!(fault("nack").deed, Deed::Nack(CommandStatus::RINVCMDID));
    assert_eq!(fault(" status = ESME_RSYSERR , every = 2 ").to_string(), "status=RSYSERR,every=2");
    assert_eq!(fault("cut").times, Some(1), "once is enough");
    assert_eq!(fault("slow").deed, Deed::Slow(1));
    for (word, _, _) in Fault::names() {
        let complete = [word.to_owned(), format!("{word}=RSYSERR"), format!("{word}=1"), format!("{word}=DELIVRD")];
        assert!(complete.iter().any(|text| text.parse::<Fault>().is_ok()), "{word}");
    }
}

#[test]
fn k5_a_fault_that_is_not_one_is_told_what_is_wrong() {
    for (text, why) in [
        ("", "there is no fault \"\"; there are bind-status, "),
        ("statsu=RSYSERR", "did you mean \"status\"?"),
        ("status", "status needs a value: status=STATUS"),
        ("status=RNONSENSE", "must be a status such as RTHROTTLED or 0x58, found \"RNONSENSE\""),
        ("status=ROK", "must be a status"),
        ("cut=1", "cut takes no value"),
        ("cut,every=0", "every must be a number from 1, found \"0\""),
        ("cut,often=2", "must be every, times, to or after, found \"often\""),
        ("status=RSYSERR,to=+994", "to must be the first digits"),
        ("receipt=LOST", "must be one of SCHEDULED, ENROUTE, DELIVRD"),
        ("response-late=soon", "must be a number from 0"),
        ("length=4294967296", "must be a number from 0 to 4294967295"),
        ("slow=0", "slow must be 1 to 1000000"),
    ] {
        let found = text.parse::<Fault>().expect_err(text).to_string();
        assert!(found.contains(why), "{text:?}: {found}");
    }
}

#[test]
fn k5_a_fault_strikes_every_nth_time_for_its_phones_and_no_more_often_than_it_may() {
    let mut book = FaultBook::default();
    let id = book.add(fault("status=RMSGQFUL,every=3,times=2,to=99455,after=1")).expect("room");
    let (theirs, other) = ("994551234567", "994501234567");
    let strike = |book: &mut FaultBook, phone| book.strike(Occasion::Submit(phone), 1).is_some();
    assert_eq!(book.strike(Occasion::Submit(theirs), 0), None, "no PDU has been sent");
    let struck: Vec<usize> = (1..=12).filter(|_| !strike(&mut book, other) && strike(&mut book, theirs)).collect();
    assert_eq!(struck, [3, 6]);
    assert_eq!(book.all()[0].struck, 2);
    assert_eq!(book.strike(Occasion::Response(theirs), 1), None, "another occasion");
    assert!(book.remove(id) && !book.remove(id));
}

#[test]
fn k5_the_oldest_fault_whose_turn_it_is_strikes() {
    let mut book = FaultBook::default();
    book.add(fault("status=RSYSERR,times=1"));
    book.add(fault("nack"));
    let deeds: Vec<_> = (0..2).map(|_| book.strike(Occasion::Submit("994501234567"), 1)).collect();
    assert_eq!(deeds, [Some(Deed::Refuse(CommandStatus::RSYSERR)), Some(Deed::Nack(CommandStatus::RINVCMDID))]);
    book.add(fault("half-open,after=5"));
    book.add(fault("slow=20"));
    assert_eq!(book.lasting(4), Lasting { half_open: false, octets_per_s: Some(20) });
    assert!(book.lasting(5).half_open);
    while book.add(fault("cut")).is_some() {}
    assert_eq!(book.all().len(), 64, "bounded");
    book.clear();
    assert_eq!(book.strike(Occasion::Submit("994501234567"), 1), None);
}
