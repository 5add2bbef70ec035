# Reasons for a refusal: they follow the word "Reason:" in an SMS and on a screen.

reason-identity = the FIN and the ID card number do not belong together
reason-notary = the notarised application was not found or has expired
reason-residence = the district you gave is not where you are registered
reason-family = the kinship of a family member was not confirmed
reason-income = average monthly income { $income }, limit { $limit }
reason-vehicle = the family owns or uses a vehicle
reason-property = 2 or more properties of the same purpose at different addresses
reason-deals = purchases and sales in 12 months { $total }, limit { $limit }
reason-utilities = utilities and telephone per person a month { $spending }, limit { $limit }
reason-jobs = 2 suitable jobs refused, you may apply again from { $again }
reason-entry = none of the grounds in article 3 of the law applies
reason-not-counted = nobody in the family can be counted
