use std::fmt;

/// The tag of an optional parameter (SMPP 3.4 §5.3.2, 5.0 §4.8.1), known to us or not.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(pub u16);

macro_rules! tags {
    ($($name:ident = $value:literal $text:literal;)*) => {
        impl Tag {
            $(#[doc = concat!("`", $text, "`")] pub const $name: Self = Self($value);)*

            /// Gives the specification's name, or `None` for a vendor's own tag.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some($text),)*
                    _ => None,
                }
            }
        }
    };
}

tags! {
    DEST_ADDR_SUBUNIT = 0x0005 "dest_addr_subunit";
    DEST_NETWORK_TYPE = 0x0006 "dest_network_type";
    DEST_BEARER_TYPE = 0x0007 "dest_bearer_type";
    DEST_TELEMATICS_ID = 0x0008 "dest_telematics_id";
    SOURCE_ADDR_SUBUNIT = 0x000D "source_addr_subunit";
    SOURCE_NETWORK_TYPE = 0x000E "source_network_type";
    SOURCE_BEARER_TYPE = 0x000F "source_bearer_type";
    SOURCE_TELEMATICS_ID = 0x0010 "source_telematics_id";
    QOS_TIME_TO_LIVE = 0x0017 "qos_time_to_live";
    PAYLOAD_TYPE = 0x0019 "payload_type";
    ADDITIONAL_STATUS_INFO_TEXT = 0x001D "additional_status_info_text";
    RECEIPTED_MESSAGE_ID = 0x001E "receipted_message_id";
    MS_MSG_WAIT_FACILITIES = 0x0030 "ms_msg_wait_facilities";
    PRIVACY_INDICATOR = 0x0201 "privacy_indicator";
    SOURCE_SUBADDRESS = 0x0202 "source_subaddress";
    DEST_SUBADDRESS = 0x0203 "dest_subaddress";
    USER_MESSAGE_REFERENCE = 0x0204 "user_message_reference";
    USER_RESPONSE_CODE = 0x0205 "user_response_code";
    SOURCE_PORT = 0x020A "source_port";
    DESTINATION_PORT = 0x020B "destination_port";
    SAR_MSG_REF_NUM = 0x020C "sar_msg_ref_num";
    LANGUAGE_INDICATOR = 0x020D "language_indicator";
    SAR_TOTAL_SEGMENTS = 0x020E "sar_total_segments";
    SAR_SEGMENT_SEQNUM = 0x020F "sar_segment_seqnum";
    SC_INTERFACE_VERSION = 0x0210 "sc_interface_version";
    CALLBACK_NUM_PRES_IND = 0x0302 "callback_num_pres_ind";
    CALLBACK_NUM_ATAG = 0x0303 "callback_num_atag";
    NUMBER_OF_MESSAGES = 0x0304 "number_of_messages";
    CALLBACK_NUM = 0x0381 "callback_num";
    DPF_RESULT = 0x0420 "dpf_result";
    SET_DPF = 0x0421 "set_dpf";
    MS_AVAILABILITY_STATUS = 0x0422 "ms_availability_status";
    NETWORK_ERROR_CODE = 0x0423 "network_error_code";
    MESSAGE_PAYLOAD = 0x0424 "message_payload";
    DELIVERY_FAILURE_REASON = 0x0425 "delivery_failure_reason";
    MORE_MESSAGES_TO_SEND = 0x0426 "more_messages_to_send";
    MESSAGE_STATE = 0x0427 "message_state";
    CONGESTION_STATE = 0x0428 "congestion_state";
    USSD_SERVICE_OP = 0x0501 "ussd_service_op";
    BROADCAST_CHANNEL_INDICATOR = 0x0600 "broadcast_channel_indicator";
    BROADCAST_CONTENT_TYPE = 0x0601 "broadcast_content_type";
    BROADCAST_CONTENT_TYPE_INFO = 0x0602 "broadcast_content_type_info";
    BROADCAST_MESSAGE_CLASS = 0x0603 "broadcast_message_class";
    BROADCAST_REP_NUM = 0x0604 "broadcast_rep_num";
    BROADCAST_FREQUENCY_INTERVAL = 0x0605 "broadcast_frequency_interval";
    BROADCAST_AREA_IDENTIFIER = 0x0606 "broadcast_area_identifier";
    BROADCAST_ERROR_STATUS = 0x0607 "broadcast_error_status";
    BROADCAST_AREA_SUCCESS = 0x0608 "broadcast_area_success";
    BROADCAST_END_TIME = 0x0609 "broadcast_end_time";
    BROADCAST_SERVICE_GROUP = 0x060A "broadcast_service_group";
    BILLING_IDENTIFICATION = 0x060B "billing_identification";
    SOURCE_NETWORK_ID = 0x060D "source_network_id";
    DEST_NETWORK_ID = 0x060E "dest_network_id";
    SOURCE_NODE_ID = 0x060F "source_node_id";
    DEST_NODE_ID = 0x0610 "dest_node_id";
    DEST_ADDR_NP_RESOLUTION = 0x0611 "dest_addr_np_resolution";
    DEST_ADDR_NP_INFORMATION = 0x0612 "dest_addr_np_information";
    DEST_ADDR_NP_COUNTRY = 0x0613 "dest_addr_np_country";
    DISPLAY_TIME = 0x1201 "display_time";
    SMS_SIGNAL = 0x1203 "sms_signal";
    MS_VALIDITY = 0x1204 "ms_validity";
    ALERT_ON_MESSAGE_DELIVERY = 0x130C "alert_on_message_delivery";
    ITS_REPLY_TYPE = 0x1380 "its_reply_type";
    ITS_SESSION_INFO = 0x1383 "its_session_info";
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "tag {:#06x}", self.0),
        }
    }
}

/// One optional parameter: its value is octets, whatever their number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Tlv<'a> {
    /// Which parameter it is.
    pub tag: Tag,
    /// The value as it came.
    pub value: &'a [u8],
}

impl fmt::Debug for Tlv<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}[{}]", self.tag, self.value.len())
    }
}

/// The optional parameters of one PDU, borrowed from it.
///
/// INVARIANT: the octets are a whole number of parameters; parsing has walked them.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Tlvs<'a>(&'a [u8]);

/// How the optional part of a body is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadTlvs {
    /// One to three octets are left over: too few for a tag and a length.
    Leftover,
    /// The length of this parameter runs past the end of the PDU.
    Overrun(Tag),
}

impl<'a> Tlvs<'a> {
    /// Takes the parameters before the first broken one, which is the last, and says how that is broken.
    pub(crate) fn longest_prefix(octets: &'a [u8]) -> (Self, Option<BadTlvs>) {
        let mut rest = octets;
        while let [t0, t1, l0, l1, tail @ ..] = rest {
            let len = usize::from(u16::from_be_bytes([*l0, *l1]));
            match tail.get(len..) {
                Some(next) => rest = next,
                None => {
                    let tag = Tag(u16::from_be_bytes([*t0, *t1]));
                    return (Self(&octets[..octets.len() - rest.len()]), Some(BadTlvs::Overrun(tag)));
                }
            }
        }
        let whole = Self(&octets[..octets.len() - rest.len()]);
        (whole, (!rest.is_empty()).then_some(BadTlvs::Leftover))
    }

    /// Gives the value of the first parameter with this tag; a repeat of a tag counts for nothing.
    pub fn get(&self, tag: Tag) -> Option<&'a [u8]> {
        self.iter().find(|tlv| tlv.tag == tag).map(|tlv| tlv.value)
    }

    /// Reads a parameter as a big-endian integer of one to eight octets.
    ///
    /// Peers send `ussd_service_op` in four octets where the specification has one, so the width is theirs.
    pub fn uint(&self, tag: Tag) -> Option<u64> {
        let value = self.get(tag)?;
        if value.is_empty() || value.len() > 8 {
            return None;
        }
        Some(value.iter().fold(0, |n, octet| n << 8 | u64::from(*octet)))
    }

    /// Reads a parameter as a C-octet string; a missing NUL is forgiven.
    pub fn cstr(&self, tag: Tag) -> Option<&'a [u8]> {
        let value = self.get(tag)?;
        Some(value.split(|octet| *octet == 0).next().unwrap_or(value))
    }

    /// Counts the parameters with this tag.
    pub fn count(&self, tag: Tag) -> usize {
        self.iter().filter(|tlv| tlv.tag == tag).count()
    }

    /// Walks the parameters in the order of the PDU.
    pub fn iter(&self) -> TlvIter<'a> {
        TlvIter(self.0)
    }

    /// Gives the encoded parameters.
    pub fn as_bytes(&self) -> &'a [u8] {
        self.0
    }
}

impl<'a> IntoIterator for &Tlvs<'a> {
    type Item = Tlv<'a>;
    type IntoIter = TlvIter<'a>;

    fn into_iter(self) -> TlvIter<'a> {
        self.iter()
    }
}

impl fmt::Debug for Tlvs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Walks optional parameters; see [`Tlvs::iter`].
#[derive(Clone, Debug)]
pub struct TlvIter<'a>(&'a [u8]);

impl<'a> Iterator for TlvIter<'a> {
    type Item = Tlv<'a>;

    fn next(&mut self) -> Option<Tlv<'a>> {
        let [t0, t1, l0, l1, tail @ ..] = self.0 else { return None };
        let (value, rest) = tail.split_at_checked(usize::from(u16::from_be_bytes([*l0, *l1])))?;
        self.0 = rest;
        Some(Tlv { tag: Tag(u16::from_be_bytes([*t0, *t1])), value })
    }
}

/// Optional parameters that are owned, in their encoded form: one allocation however many there are.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct TlvBuf(Vec<u8>);

impl TlvBuf {
    /// Makes an empty one, which allocates nothing.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a parameter. A value beyond 65,535 octets has no encoding and is refused.
    pub fn push(&mut self, tag: Tag, value: &[u8]) -> Result<(), crate::TooLong> {
        let len =
            u16::try_from(value.len()).map_err(|_| crate::TooLong { len: value.len(), max: usize::from(u16::MAX) })?;
        self.0.reserve(4 + value.len());
        self.0.extend_from_slice(&tag.0.to_be_bytes());
        self.0.extend_from_slice(&len.to_be_bytes());
        self.0.extend_from_slice(value);
        Ok(())
    }

    /// Adds a parameter of one octet.
    pub fn push_u8(&mut self, tag: Tag, value: u8) {
        self.0.extend_from_slice(&[(tag.0 >> 8) as u8, tag.0 as u8, 0, 1, value]);
    }

    /// Borrows the parameters.
    pub fn as_tlvs(&self) -> Tlvs<'_> {
        Tlvs(&self.0)
    }
}

impl From<Tlvs<'_>> for TlvBuf {
    fn from(tlvs: Tlvs<'_>) -> Self {
        Self(tlvs.0.to_vec())
    }
}

impl fmt::Debug for TlvBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_tlvs().fmt(f)
    }
}
